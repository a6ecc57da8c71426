import { spawn, type ChildProcess } from 'node:child_process'
import { signal } from '../processes.ts'

/**
 * A small shell waits for the end of a pipe that this process holds, and then shuts the server down in order: should we be killed,
 * the server doesn't stay for ever. The watch ends with the server. Who is given `killAfterS` is killed when it has not ended so many seconds later.
 */
export function stopWithUs(
  server: ChildProcess,
  { by = 'INT', killAfterS }: { by?: 'INT' | 'TERM'; killAfterS?: number } = {},
): void {
  const kill = killAfterS === undefined ? '' : killAfter(killAfterS)
  const watch = spawn('/bin/sh', ['-c', `cat > /dev/null; kill -${by} "$0"; ${kill}`, String(server.pid)], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.on('error', () => {}) // Without a shell there is no watch; the next start finds the leftover and stops it.
  watch.unref()
  server.once('exit', () => {
    if (watch.pid) signal(-watch.pid, 'SIGKILL')
  })
}

// It looks every second, so that a process that is given the same id later is not taken for the one that has ended.
const killAfter = (seconds: number) =>
  `for n in $(seq ${seconds}); do sleep 1; kill -0 "$0" || exit 0; done; kill -KILL "$0"`
