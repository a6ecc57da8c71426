import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The projector as the process that it is in production. Answers how it ended. */
export function projectorProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'projector/src/main.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'fatal', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }))
  return { ended, kill: (signal: NodeJS.Signals) => child.kill(signal) }
}
