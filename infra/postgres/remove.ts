import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pointerName } from './home.ts'
import { stopLeftover } from './leftover.ts'

/** Removes the database of this folder, wherever it lives; a server that still runs on it is stopped first. */
export async function removePostgresData(wanted: string): Promise<void> {
  const pointer = join(wanted, pointerName)
  const elsewhere = existsSync(pointer) ? (await readFile(pointer, 'utf8')).trim() : undefined
  await stopLeftover(elsewhere ?? join(resolve(wanted), 'data'), () => {})
  if (elsewhere) await rm(resolve(elsewhere, '..'), { recursive: true, force: true })
  await rm(wanted, { recursive: true, force: true })
}
