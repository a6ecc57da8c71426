import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

export interface Migration {
  number: number
  name: string
  sql: string
  sha256: string
}

export const migrationsFolder = fileURLToPath(new URL('./migrations/', import.meta.url))

/** Reads `NNNN_name.sql` files; their numbers must run from 1 without a gap. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file, index) => {
      const match = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file)
      const number = Number(match?.[1])
      if (number !== index + 1)
        throw new Error(
          `Migrations are numbered from 0001 without gaps or doubles; found ${file} in place ${index + 1}.`,
        )
      // A checkout may have changed the line ends; that is no other migration.
      const sql = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
      return { number, name: file, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}
