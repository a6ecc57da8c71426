import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '@sre-portal/infra/processes.ts'
import { removePostgresData } from '@sre-portal/infra/postgres/remove.ts'
import { startPostgres } from '@sre-portal/infra/postgres/server.ts'
import { createTemplate, testEnvironment } from './postgres.ts'

const prefix = 'sre-portal-test-'

/** One PostgreSQL for the whole run, in a folder of its own; returns how to remove both. */
export default async function setUp(): Promise<() => Promise<void>> {
  await removeWhatKilledRunsLeft()
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  await chmod(folder, 0o711)
  const dataDir = join(folder, 'postgres')
  const adminPassword = randomBytes(16).toString('hex')
  const postgres = await startPostgres({ dataDir, adminPassword, port: 0, durable: false })
  process.env[testEnvironment.url] = postgres.adminUrl
  process.env[testEnvironment.template] = await createTemplate(postgres.adminUrl)
  return async () => {
    await postgres.stop()
    await removePostgresData(dataDir)
    await rm(folder, { recursive: true, force: true })
  }
}

/** Their servers have stopped by themselves; the folders are named after the process that made them. */
async function removeWhatKilledRunsLeft(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : NaN)
    if (Number.isNaN(pid) || isAlive(pid)) continue
    const folder = join(tmpdir(), name)
    await removePostgresData(join(folder, 'postgres')).catch(() => {})
    await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}
