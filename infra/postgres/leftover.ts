import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { commandLine, isAlive, signal, waitForEnd } from '../processes.ts'

const fastShutdownMs = 60_000

/**
 * Ends a server that outlived the program that had started it, so that the data have one owner; and removes a lock file whose process
 * id now belongs to somebody else, which PostgreSQL itself would take for its own.
 */
export async function stopLeftover(home: string, onProgress: (text: string) => void): Promise<void> {
  const lockFile = join(home, 'postmaster.pid')
  const lines = await readFile(lockFile, 'utf8').catch(() => undefined)
  const pid = Number(lines?.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0) return
  // A killed server that nobody has waited for yet counts as running for PostgreSQL: it only asks whether the process id is taken.
  if (!isAlive(pid) || !commandLine(pid)?.includes(home)) {
    await rm(lockFile, { force: true })
    return
  }
  onProgress(`Stopping a PostgreSQL (process ${pid}) that an earlier run left behind`)
  signal(pid, 'SIGINT')
  if (await waitForEnd(pid, fastShutdownMs)) return
  signal(pid, 'SIGQUIT')
  if (!(await waitForEnd(pid, fastShutdownMs)))
    throw new Error(`A PostgreSQL of an earlier run (process ${pid}) doesn't stop. End it, then start again.`)
}
