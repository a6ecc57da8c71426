import { Client } from 'pg'
import { migrationsFolder, readMigrations, type Migration } from './migrations.ts'
import { ensureRoles, grantDatabase, type RolePasswords } from './roles.ts'

export interface MigrateOptions {
  /** The database to migrate, as a role that may create roles and schemas. */
  adminUrl: string
  rolePasswords: RolePasswords
  folder?: string
  onProgress?: (text: string) => void
}

/** Any fixed number: who migrates holds this lock, a second one waits and then finds nothing left to do. */
const lockKey = 7_317_246_331

/** Brings a database to the newest schema; returns the names of the migrations that were applied. */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const known = await readMigrations(options.folder ?? migrationsFolder)
  const client = new Client({ connectionString: options.adminUrl, application_name: 'migrate' })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await ensureRoles(client, options.rolePasswords)
    await grantDatabase(client)
    const missing = unapplied(known, await readApplied(client))
    for (const migration of missing) {
      options.onProgress?.(`Migrating the database: ${migration.name}`)
      await apply(client, migration)
    }
    return missing.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

interface Applied {
  number: number
  name: string
  sha256: string
}

async function readApplied(client: Client): Promise<Applied[]> {
  await client.query(`
    create schema if not exists migration;
    create table if not exists migration.applied (
      number integer primary key,
      name text not null,
      sha256 text not null,
      applied_at timestamptz not null default now()
    )`)
  const { rows } = await client.query<Applied>(
    'select number, name, sha256 from migration.applied order by number',
  )
  return rows
}

function unapplied(known: Migration[], applied: Applied[]): Migration[] {
  for (const { number, name, sha256 } of applied) {
    const same = known.find((migration) => migration.number === number)
    if (!same)
      throw new Error(
        `The database is newer than this program: it has migration ${name}, which is unknown here. Start the newer version.`,
      )
    if (same.sha256 !== sha256)
      throw new Error(
        `Migration ${name} was changed after it had been applied to this database. ` +
          'Applied migrations never change: put it back, and write a new one.',
      )
  }
  const missing = known.filter(({ number }) => !applied.some((row) => row.number === number))
  const newest = applied.at(-1)
  const late = missing.find(({ number }) => newest && number < newest.number)
  if (late && newest)
    throw new Error(
      `Migration ${late.name} comes before ${newest.name}, which this database already has. Give it the next number.`,
    )
  return missing
}

async function apply(client: Client, { number, name, sql, sha256 }: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query('insert into migration.applied (number, name, sha256) values ($1, $2, $3)', [
      number,
      name,
      sha256,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Migration ${name} failed and was rolled back: ${reason}`, { cause: error })
  }
}
