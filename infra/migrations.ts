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

/** Reads `NNNN_name.sql` files in the order of their numbers; each number may be there once. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  const migrations = await Promise.all(files.map((file) => readMigration(folder, file)))
  for (const [index, { number, name }] of migrations.entries())
    if (migrations[index - 1]?.number === number)
      throw new Error(`Two migrations have the number of ${name}; give the newer one the next number.`)
  return migrations
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const digits = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1]
  if (digits === undefined) throw new Error(`A migration is called NNNN_name.sql; this one is ${file}.`)
  // A checkout may have changed the line ends; that is no other migration.
  const sql = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
  return { number: Number(digits), name: file, sql, sha256: createHash('sha256').update(sql).digest('hex') }
}
