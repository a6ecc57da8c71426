import type { EventStore } from '@sre-portal/platform/eventStore'
import { inTransaction, type Connection, type Pool } from '@sre-portal/platform/postgres'
import { applyEvents } from './apply.ts'
import { subscribe, type Batch } from './batches.ts'
import {
  lockReadModels,
  moveCheckpoint,
  readCheckpoint,
  useSchema,
  type Checkpoint,
  type ReadSchema,
} from './checkpoint.ts'
import { PoisonEvent, positionOf } from './failures.ts'
import { readIgnored, type IgnoredEvents } from './ignored.ts'
import { requireSameStore } from './sameStore.ts'
import { readModelVersion } from './schema.ts'

/** What the projection needs. `failpoint` is called at the places where tests make a process die. */
export interface Projecting {
  pool: Pool
  store: EventStore
  maxBatch: number
  failpoint: (place: string) => void
}

/** Told after each transaction. */
export interface Progress {
  checkpoint: Checkpoint
  events: number
  /** What the read models leave out, told when it may have changed. */
  ignored: IgnoredEvents | null
  /** Milliseconds from the store's taking of the batch's last event to its rows being readable; null without any event. */
  lagMs: number | null
}

/** Follows the log from the stored checkpoint. @throws PoisonEvent, OtherStore, CheckpointMoved, or whatever a lost connection throws */
export async function* project(projecting: Projecting, signal: AbortSignal): AsyncGenerator<Progress> {
  const { pool, store, maxBatch } = projecting
  let checkpoint = await readCheckpoint(pool, 'read')
  if (!checkpoint) throw new Error('The schema read does not exist; it is made at start.')
  if (checkpoint.version !== readModelVersion)
    throw new Error(
      `The read models are of version ${checkpoint.version}, this program's are ${readModelVersion}: another version runs.`,
    )
  await requireSameStore(pool, store)
  yield { checkpoint, events: 0, ignored: await readIgnored(pool), lagMs: null }
  for await (const batch of subscribe(store, checkpoint.position, { maxBatch, signal })) {
    const written = await writeUpToPoison(projecting, checkpoint, batch)
    checkpoint = written.checkpoint
    const last = batch.events.at(-1)
    yield {
      checkpoint,
      ignored: written.ignored > 0 ? await readIgnored(pool) : null,
      events: batch.events.length,
      lagMs: last ? Math.max(0, Date.now() - last.created.getTime()) : null,
    }
  }
}

async function writeUpToPoison(projecting: Projecting, from: Checkpoint, batch: Batch) {
  const write = (part: Batch) =>
    inTransaction(projecting.pool, (db) => writeBatch(db, 'read', from, part, projecting.failpoint))
  try {
    return await write(batch)
  } catch (error) {
    if (!(error instanceof PoisonEvent)) throw error
    const before = batch.events.filter((event) => positionOf(event) < error.position)
    const last = before.at(-1)
    if (last) await write({ events: before, position: positionOf(last) })
    throw error
  }
}

/** A batch's rows and the checkpoint, all or nothing: runs in the caller's transaction. */
export async function writeBatch(
  db: Connection,
  schema: ReadSchema,
  from: Checkpoint,
  batch: Batch,
  failpoint: (place: string) => void,
): Promise<{ checkpoint: Checkpoint; ignored: number }> {
  await lockReadModels(db)
  await useSchema(db, schema)
  const checkpoint = await moveCheckpoint(db, from, batch.position)
  failpoint('after-checkpoint')
  const ignored = await applyEvents(db, batch.events)
  failpoint('after-rows')
  if (schema === 'read') await db.query('select pg_notify($1, $2)', ['projected', String(batch.position)])
  return { checkpoint, ignored }
}
