import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removePostgresData } from '@sre-portal/infra/postgres/remove.ts'
import { isAlive } from '@sre-portal/infra/processes.ts'

const prefix = 'sre-portal-stories-'

/** A new folder for the data of one stack, named after this process. */
export async function makeDataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  // PostgreSQL may run as another user, who has to get through.
  await chmod(folder, 0o711)
  return folder
}

export async function removeDataFolder(folder: string): Promise<void> {
  await removePostgresData(join(folder, 'postgres')).catch(() => {})
  await rm(folder, { recursive: true, force: true }).catch(() => {})
}

/** Folders whose process is gone without having removed them. */
export async function removeWhatKilledRunsLeft(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : NaN)
    if (!Number.isNaN(pid) && !isAlive(pid)) await removeDataFolder(join(tmpdir(), name))
  }
}
