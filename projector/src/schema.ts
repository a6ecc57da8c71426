import { readFileSync } from 'node:fs'
import { inTransaction, type Connection, type Pool } from '@sre-portal/platform/postgres'
import { lockReadModels, readCheckpoint, useSchema, type Checkpoint, type ReadSchema } from './checkpoint.ts'

/** Raised whenever schema.sql changes or an event is projected differently: the read models are then rebuilt at start. */
export const readModelVersion = 6

const readerRole = 'portal_query'
const sqlOf = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** Creates an empty schema of read models, with the rights of its readers. */
export async function createReadModels(db: Connection, schema: ReadSchema): Promise<void> {
  await db.query(`create schema ${schema}`)
  await useSchema(db, schema)
  await db.query(sqlOf('schema.sql'))
  if (await hasTrigrams(db)) await db.query(sqlOf('searchIndexes.sql'))
  await db.query('insert into checkpoint (version, position) values ($1, 0)', [readModelVersion])
  await db.query(
    `grant usage on schema ${schema} to ${readerRole}; grant select on all tables in schema ${schema} to ${readerRole}`,
  )
  await seal(db, schema)
}

/** From now on the projector, too, can only add to the audit log. */
const seal = (db: Connection, schema: ReadSchema) => db.query('select audit_seal.seal($1)', [schema])

// The extension comes with most servers and may be created by the owner of a database; where it can't be had, searches read more.
async function hasTrigrams(db: Connection): Promise<boolean> {
  await db.query('savepoint trigrams')
  try {
    await db.query('create extension if not exists pg_trgm with schema public')
  } catch {
    await db.query('rollback to savepoint trigrams')
  }
  const { rows } = await db.query<{ there: boolean }>(
    `select exists (select from pg_opclass join pg_namespace on pg_namespace.oid = opcnamespace
       where opcname = 'gin_trgm_ops' and nspname = 'public') as there`,
  )
  return rows[0]?.there ?? false
}

/** Makes sure that there are read models, empty if need be. */
export const ensureReadModels = (pool: Pool): Promise<Checkpoint> =>
  inTransaction(pool, async (db) => {
    await lockReadModels(db)
    if (!(await isThere(db))) await createReadModels(db, 'read')
    const checkpoint = await readCheckpoint(db, 'read')
    if (checkpoint?.version === readModelVersion) await seal(db, 'read')
    if (!checkpoint)
      throw new Error(
        'The read models have no checkpoint, which the projector never removes. Rebuild them (npm run rebuild).',
      )
    return checkpoint
  })

async function isThere(db: Connection): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(`select to_regnamespace('read') is not null as there`)
  return rows[0]?.there ?? false
}
