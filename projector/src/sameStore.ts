import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Pool } from '@sre-portal/platform/postgres'
import { eventsOf } from '@sre-portal/platform/storeReading'
import { endsOf } from './batches.ts'
import { OtherStore, positionOf } from './failures.ts'

const patienceMs = 10_000

interface LastEvent {
  position: string
  eventId: string
  checkpoint: string
}

/**
 * The last event that the read models hold has to stand where it stood: a store that was restored from an older copy, or another
 * store, would be followed from the middle of a history that is not its own.
 * @throws OtherStore
 */
export async function requireSameStore(pool: Pool, store: EventStore): Promise<void> {
  const { rows } = await pool.query<LastEvent>(
    `select position, event_id as "eventId", (select position from read.checkpoint) as checkpoint from (
       (select position, event_id from read.audit order by position desc limit 1) union all
       (select position, event_id from read.ignored_events order by position desc limit 1)) last
     order by position desc limit 1`,
  )
  const [last] = rows
  if (!last) return
  const position = BigInt(last.position)
  const found = await eventAt(store, position)
  if (found?.id === last.eventId && found.position === position) return
  if (position > BigInt(last.checkpoint))
    throw new OtherStore(
      `The audit log holds event ${last.eventId} at position ${position}, which the event store does not, and which the projector, ` +
        `having come to ${last.checkpoint}, did not write: somebody or something else has. Rebuild the read models (npm run rebuild).`,
    )
  const { head } = await endsOf(store, 0n)
  throw new OtherStore(
    head < position
      ? `The event store is older than the read models: its log ends at position ${head}, theirs at ${position} with event ` +
          `${last.eventId}. Rebuild them (npm run rebuild).`
      : `These read models are of another event store, or of one that was restored and went on: it does not hold event ${last.eventId} ` +
          `at position ${position}. Rebuild them (npm run rebuild), or set EVENTSTORE_URL and POSTGRES_URL to a pair that belongs together.`,
  )
}

async function eventAt(
  store: EventStore,
  position: bigint,
): Promise<{ id: string; position: bigint } | null> {
  try {
    const reading = store.client.readAll({
      fromPosition: { commit: position, prepare: position },
      maxCount: 1,
    })
    let first: { id: string; position: bigint } | null = null
    for await (const event of eventsOf(reading, patienceMs))
      first ??= { id: event.id, position: positionOf(event) }
    return first
  } catch (error) {
    // A real node answers so where no event begins.
    if (/invalid position/i.test((error as Error).message)) return null
    throw error
  }
}
