import { isToldOfRun } from '@sre-portal/domain'
import type { RequestEvent } from '@sre-portal/contracts'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection, Pool } from '@sre-portal/platform/postgres'
import { run } from './handlers.ts'

/** Why an event changes nothing: its id was there before, or it tells of a run that had ended. Executors of earlier versions wrote such. */
export type IgnoredReason = 'repeated' | 'after-end'

/** How many events the read models leave out, by reason, and the newest of them. */
export interface IgnoredEvents {
  repeated: number
  afterEnd: number
  latest: { position: string; eventId: string; type: string; stream: string; reason: IgnoredReason }[]
}

/** An event that is to be left out, thrown by the handler that finds out. */
export class EventAfterEnd extends Error {
  constructor() {
    super('The run had ended.')
  }
}

/** Keeps what was left out: it is counted, named and looked at, and no other table knows of it. */
export const noteIgnored = (db: Connection, event: StoredEvent, reason: IgnoredReason) =>
  run(
    db,
    `insert into ignored_events (position, event_id, type, stream, revision, reason, at, stored_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      String(event.position),
      event.id,
      event.type,
      event.stream,
      event.revision,
      reason,
      event.at,
      event.storedAt,
    ],
  )

/** Told of a run after its start: such an event counts only while the run goes on. */
export const needsOpenRun = (event: StoredEvent): event is StoredEvent<RequestEvent> =>
  event.stream.startsWith('request-') && isToldOfRun(event as StoredEvent<RequestEvent>)

const shown = 5

/** What the live read models leave out. */
export async function readIgnored(pool: Pool): Promise<IgnoredEvents> {
  const { rows: counted } = await pool.query<{ reason: IgnoredReason; count: number }>(
    'select reason, count(*)::int as count from read.ignored_events group by reason',
  )
  const { rows: latest } = await pool.query<IgnoredEvents['latest'][number]>(
    `select position, event_id as "eventId", type, stream, reason from read.ignored_events
     order by position desc limit ${shown}`,
  )
  const of = (reason: IgnoredReason) => counted.find((row) => row.reason === reason)?.count ?? 0
  return { repeated: of('repeated'), afterEnd: of('after-end'), latest }
}
