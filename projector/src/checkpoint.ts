import type { Connection, Pool } from '@sre-portal/platform/postgres'
import { CheckpointMoved } from './failures.ts'

/** Schema of the live read models, and of those that a rebuild makes beside them. */
export type ReadSchema = 'read' | 'read_next'

/** How far a schema's read models have come, which build they are, and of which version of their tables. */
export interface Checkpoint {
  generation: string
  version: number
  position: bigint
}

/** Any fixed number: whoever writes to or renames the read models' schemas holds this lock for the transaction. */
const writerLock = 4_203_118_771

/**
 * First statement of each writing transaction: no rename can come between its statements, so that names mean the same in all of them.
 */
export const lockReadModels = (db: Connection) => db.query('select pg_advisory_xact_lock($1)', [writerLock])

/** The extension's operators live in public. */
export const useSchema = (db: Connection, schema: ReadSchema) =>
  db.query(`set local search_path to ${schema}, public`)

/** null when there is no such schema. */
export async function readCheckpoint(db: Pool | Connection, schema: ReadSchema): Promise<Checkpoint | null> {
  const { rows: found } = await db.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    `${schema}.checkpoint`,
  ])
  if (!found[0]?.there) return null
  const { rows } = await db.query<{ generation: string; version: number; position: string }>(
    `select generation, version, position from ${schema}.checkpoint`,
  )
  const [row] = rows
  return row ? { generation: row.generation, version: row.version, position: BigInt(row.position) } : null
}

/**
 * Compare-and-set: of two projectors that come from the same position one wins. It also fails when a rebuild has put another
 * generation in place.
 * @throws CheckpointMoved
 */
export async function moveCheckpoint(db: Connection, from: Checkpoint, to: bigint): Promise<Checkpoint> {
  const { rowCount } = await db.query(
    'update checkpoint set position = $3 where generation = $1 and position = $2 and position <= $3',
    [from.generation, String(from.position), String(to)],
  )
  if (rowCount !== 1) throw new CheckpointMoved()
  return { ...from, position: to }
}
