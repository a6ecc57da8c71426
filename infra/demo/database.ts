import { readFile } from 'node:fs/promises'
import type { Client } from 'pg'
import { ensureDatabase, ensureLogin, inDatabase, withClient } from '../databases.ts'
import { datasets, readDataset } from './datasets.ts'

/** A role that may read and change the demonstration's data, and one that may only read. */
export const demoRoles = { writer: 'demo_rw', reader: 'demo_ro' } as const

/** The second one is small: only what the first query of a visitor needs. */
const databases = [
  { name: 'demo', tables: datasets.map(({ table }) => table) },
  { name: 'demo_staging', tables: ['airports', 'weather'] },
]
export const demoDatabases = databases.map(({ name }) => name)

export interface DemoPasswords {
  writer: string
  reader: string
}

/** Loads real open data into the demonstration's databases, where they are not there yet. */
export async function loadDemoDatabases(
  adminUrl: string,
  passwords: DemoPasswords,
  onProgress: (text: string) => void,
): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await ensureLogin(client, demoRoles.writer, passwords.writer)
    await ensureLogin(client, demoRoles.reader, passwords.reader)
  })
  for (const { name, tables } of databases) {
    await ensureDatabase(adminUrl, name)
    await withClient(inDatabase(adminUrl, name), async (client) => {
      await openTo(client, name)
      if (await isLoaded(client)) return
      onProgress(`Loading open data into the database ${name}`)
      await load(client, tables)
    })
  }
}

const openTo = (client: Client, database: string) =>
  client.query(`
    revoke all on database ${database} from public;
    grant connect, temporary on database ${database} to ${demoRoles.writer}, ${demoRoles.reader};
    grant usage, create on schema public to ${demoRoles.writer};
    grant usage on schema public to ${demoRoles.reader}`)

async function isLoaded(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass('public.airports') is not null as there",
  )
  return rows[0]?.there === true
}

async function load(client: Client, tables: string[]): Promise<void> {
  await client.query('begin')
  await client.query(await readFile(new URL('./tables.sql', import.meta.url), 'utf8'))
  for (const dataset of datasets.filter(({ table }) => tables.includes(table)))
    await client.query(dataset.insert, [await readDataset(dataset)])
  await client.query(`
    grant select, insert, update, delete on all tables in schema public to ${demoRoles.writer};
    grant usage on all sequences in schema public to ${demoRoles.writer};
    grant select on all tables in schema public to ${demoRoles.reader};
    commit;
    analyze`)
}
