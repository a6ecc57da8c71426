import { spawn } from 'node:child_process'

// `cat` waits for the end of the pipe that this process holds. The shell leads a group of its own, so that its sleep goes with it.
const script = '(sleep "$1"; kill -KILL "$0") & cat > /dev/null; kill -KILL -$$'

/** @param {number} ms */
export function killLater(ms) {
  const shell = spawn('/bin/sh', ['-c', script, String(process.pid), String(ms / 1000)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.on('error', () => {}) // Without a shell the end is what it was: as soon as all threads have ended.
  shell.stdin?.on('error', () => {})
  // @ts-expect-error a pipe is a socket, and must not keep the process up
  shell.stdin?.unref()
  shell.unref()
}
