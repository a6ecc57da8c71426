import { inTransaction, type Connection, type Pool } from '@sre-portal/platform/postgres'
import { applyEvents } from './apply.ts'
import { findAuditDifferences, type AuditDifferences } from './auditDifferences.ts'
import { headOf, readToEnd } from './batches.ts'
import { lockReadModels, moveCheckpoint, readCheckpoint, useSchema, type Checkpoint } from './checkpoint.ts'
import { writeBatch, type Projecting } from './project.ts'
import { createReadModels } from './schema.ts'

/** How far a rebuild is: positions in the log, and events written so far. */
export interface RebuildProgress {
  position: bigint
  head: bigint
  events: number
}

/** What a rebuild has done, and what the read models that it replaced had in their audit log; null where there were none. */
export interface Rebuilt extends RebuildProgress {
  auditDifferences: AuditDifferences | null
}

export interface RebuildOptions extends Projecting {
  onProgress: (progress: RebuildProgress) => void
  /** Breaks it off after the transaction that is under way. */
  signal?: AbortSignal
}

const rebuildLock = 4_203_118_772

/**
 * Builds the read models anew from the events beside the live ones, and puts them in their place in one transaction. A live projector
 * goes on meanwhile, and readers notice nothing. A rebuild that was broken off leaves nothing that matters: the next one starts over.
 * @throws PoisonEvent; Error when another rebuild is running; the signal's reason
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  const { pool } = options
  const guard = await pool.connect()
  try {
    const { rows } = await guard.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [
      rebuildLock,
    ])
    if (!rows[0]?.mine) throw new Error('Another rebuild is running; this one did nothing.')
    await dropLeftOvers(pool)
    const built = await build(options)
    const swapped = await swap(options, built)
    await inTransaction(pool, (db) => db.query('drop schema if exists read_old cascade'))
    return swapped
  } finally {
    await guard.query('select pg_advisory_unlock($1)', [rebuildLock]).catch(() => undefined)
    guard.release()
  }
}

const dropLeftOvers = (pool: Pool) =>
  inTransaction(pool, (db) =>
    db.query('drop schema if exists read_next cascade; drop schema if exists read_old cascade'),
  )

async function build(options: RebuildOptions): Promise<{ checkpoint: Checkpoint; events: number }> {
  const { pool, store, maxBatch, failpoint, onProgress, signal } = options
  let checkpoint = await inTransaction(pool, async (db) => {
    await createReadModels(db, 'read_next')
    return existing(db)
  })
  const head = await headOf(store)
  let events = 0
  for await (const batch of readToEnd(store, 0n, maxBatch)) {
    const from = checkpoint
    const written = await inTransaction(pool, (db) => writeBatch(db, 'read_next', from, batch, failpoint))
    signal?.throwIfAborted()
    checkpoint = written.checkpoint
    events += batch.events.length
    onProgress({
      position: checkpoint.position,
      head: checkpoint.position > head ? checkpoint.position : head,
      events,
    })
  }
  return { checkpoint, events }
}

// While the lock is held no live projector writes, so what is read here covers all that readers have seen: they never go back. The
// position is the one that was read: where the store was restored from an older copy, the live one means nothing any more.
async function swap(
  options: RebuildOptions,
  built: { checkpoint: Checkpoint; events: number },
): Promise<Rebuilt> {
  const { pool, store, maxBatch, failpoint, signal } = options
  return inTransaction(pool, async (db) => {
    await lockReadModels(db)
    signal?.throwIfAborted()
    await useSchema(db, 'read_next')
    let position = built.checkpoint.position
    let events = built.events
    for await (const batch of readToEnd(store, position, maxBatch)) {
      await applyEvents(db, batch.events)
      signal?.throwIfAborted()
      position = batch.position
      events += batch.events.length
    }
    await moveCheckpoint(db, built.checkpoint, position)
    const auditDifferences = await findAuditDifferences(db, position)
    failpoint('before-swap')
    if (auditDifferences) await db.query('alter schema read rename to read_old')
    await db.query('alter schema read_next rename to read')
    await db.query('select pg_notify($1, $2)', ['projected', String(position)])
    return { position, head: position, events, auditDifferences }
  })
}

async function existing(db: Connection): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(db, 'read_next')
  if (!checkpoint) throw new Error('The schema read_next vanished while it was being built.')
  return checkpoint
}
