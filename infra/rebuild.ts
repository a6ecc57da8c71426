import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { inDatabase } from './databases.ts'
import { roleName } from './roles.ts'
import { placesOfRunningStack } from './stack/lock.ts'
import { loadSecrets } from './stack/secrets.ts'
import { portalDatabase } from './stack/services.ts'
import { readSettings, repository } from './stack/settings.ts'

/**
 * `npm run rebuild`: rebuilds the read models where POSTGRES_URL and EVENTSTORE_URL point to, or, without them, those of the embedded
 * stack that runs on this data folder.
 */
const env = process.env.POSTGRES_URL ? process.env : await environmentOfStack()
if (env) {
  // Whoever ends this process ends the rebuild with it.
  const child = spawn(
    process.execPath,
    [
      ...['--import', join(repository, 'infra', 'stack', 'stopWithParent.mjs')],
      ...['--import', 'tsx', join('projector', 'src', 'rebuildMain.ts')],
    ],
    { cwd: repository, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env },
  )
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (signal) console.error(`The rebuild was ended by ${signal} before it was done; begin it anew.`)
  process.exitCode = status ?? 1
}

async function environmentOfStack(): Promise<NodeJS.ProcessEnv | null> {
  const { dataDir } = await readSettings(process.env, false)
  const places = placesOfRunningStack(dataDir)
  if (!places) {
    console.error(
      `No stack runs on ${dataDir}. Start it (npm start), name its folder with DATA_DIR, ` +
        'or set POSTGRES_URL (as portal_projector) and EVENTSTORE_URL.',
    )
    process.exitCode = 1
    return null
  }
  const { passwords } = loadSecrets(dataDir)
  const login = { user: roleName('projector'), password: passwords.projector }
  return {
    ...process.env,
    POSTGRES_URL: inDatabase(`postgres://127.0.0.1:${places.postgresPort}`, portalDatabase, login),
    EVENTSTORE_URL: places.eventStoreUrl,
  }
}
