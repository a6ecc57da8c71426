import { spawn, type ChildProcess } from 'node:child_process'

/**
 * A small shell waits for the end of a pipe that this process holds, and then shuts the server down in order: should we be killed,
 * the server doesn't stay for ever. Returns how to call the watch off.
 */
export function stopWithUs(server: ChildProcess): () => void {
  const watch = spawn('/bin/sh', ['-c', 'cat > /dev/null; kill -INT "$0"', String(server.pid)], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.on('error', () => {}) // Without a shell there is no watch; the next start finds the leftover and stops it.
  watch.unref()
  const callOff = () => {
    if (watch.pid && watch.exitCode === null) process.kill(-watch.pid, 'SIGKILL')
  }
  server.once('exit', callOff)
  return callOff
}
