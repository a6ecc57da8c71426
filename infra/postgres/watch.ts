import { spawn, type ChildProcess } from 'node:child_process'
import { signal } from '../processes.ts'

/**
 * A small shell waits for the end of a pipe that this process holds, and then shuts the server down in order: should we be killed,
 * the server doesn't stay for ever. The watch ends with the server.
 */
export function stopWithUs(server: ChildProcess, by: 'INT' | 'TERM' = 'INT'): void {
  const watch = spawn('/bin/sh', ['-c', `cat > /dev/null; kill -${by} "$0"`, String(server.pid)], {
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
