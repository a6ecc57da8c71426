import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The projector, as the process of its own that it always is. */
export function startProjectorProcess(postgresUrl: string, eventStoreUrl: string): { stop(): Promise<void> } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'projector/src/main.ts'], {
    cwd: root,
    env: {
      ...process.env,
      PORT: '0',
      LOG_LEVEL: 'fatal',
      POSTGRES_URL: postgresUrl,
      EVENTSTORE_URL: eventStoreUrl,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  return {
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
