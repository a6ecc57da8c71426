import type { RecordedEvent } from '@eventstore/db-client'
import type { DomainEvent, RequestEvent } from '@sre-portal/contracts'
import { decodeEvent, UnreadableEvent, type StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { DatabaseError } from 'pg'
import { accessHandlers } from './access.ts'
import { writeAudit } from './audit.ts'
import { directoryHandlers } from './directory.ts'
import { ImpossibleHistory, PoisonEvent, positionOf } from './failures.ts'
import { run, type Handlers } from './handlers.ts'
import { EventAfterEnd, noteIgnored, type IgnoredReason } from './ignored.ts'
import { instanceHandlers } from './instances.ts'
import { notify } from './notifications.ts'
import { operationsHandlers } from './operations.ts'
import { podHandlers } from './pods.ts'
import { requestHandlers } from './requests.ts'
import { storable } from './storable.ts'
import { userHandlers } from './users.ts'

const handlers: Handlers<DomainEvent> = {
  ...requestHandlers,
  ...userHandlers,
  ...podHandlers,
  ...instanceHandlers,
  ...accessHandlers,
  ...directoryHandlers,
  ...operationsHandlers,
}

/**
 * Writes the rows of these events, in order. An event whose position is known was applied before, with everything it brought about,
 * and is passed over: applying twice equals once. What changes nothing for good is noted and left out: an id that was there before, and
 * what is told of a run that had ended.
 * @returns how many events were left out
 * @throws PoisonEvent
 */
export async function applyEvents(db: Connection, recorded: readonly RecordedEvent[]): Promise<number> {
  const applied = await alreadyApplied(db, recorded)
  let ignored = 0
  for (const event of recorded) {
    if (applied.positions.has(positionOf(event))) continue
    const reason = await applyOne(db, event, applied.ids.has(event.id))
    if (reason) ignored++
    else applied.ids.add(event.id)
  }
  return ignored
}

async function alreadyApplied(db: Connection, recorded: readonly RecordedEvent[]) {
  const { rows } = await run<{ position: string; id: string | null }>(
    db,
    `select position, event_id as id from audit where position = any($1::bigint[]) or event_id = any($2::uuid[])
     union all select position, null from ignored_events where position = any($1::bigint[])`,
    [recorded.map((event) => String(positionOf(event))), recorded.map(({ id }) => id)],
  )
  return {
    positions: new Set(rows.map(({ position }) => BigInt(position))),
    ids: new Set(rows.flatMap(({ id }) => (id === null ? [] : [id]))),
  }
}

async function applyOne(
  db: Connection,
  recorded: RecordedEvent,
  isRepeated: boolean,
): Promise<IgnoredReason | null> {
  try {
    const decoded = decodeEvent(recorded)
    if (!decoded) return null
    const event = storable(decoded)
    const reason = isRepeated ? 'repeated' : await write(db, event)
    if (reason) await noteIgnored(db, event, reason)
    return reason
  } catch (error) {
    throw isOfTheEvent(error) ? new PoisonEvent(recorded, error) : error
  }
}

async function write(db: Connection, event: StoredEvent): Promise<IgnoredReason | null> {
  try {
    await handle(db, event)
  } catch (error) {
    if (error instanceof EventAfterEnd) return 'after-end'
    throw error
  }
  if (isRequestEvent(event)) await notify(db, event)
  await writeAudit(db, event)
  return null
}

type Handler = (db: Connection, event: StoredEvent) => Promise<void>

// The table is checked by its type; which of its handlers belongs to this event no type can say here.
const handle = async (db: Connection, event: StoredEvent) =>
  (handlers[event.type] as Handler | null)?.(db, event)

const isRequestEvent = (event: StoredEvent): event is StoredEvent<RequestEvent> =>
  Object.hasOwn(requestHandlers, event.type)

// What the event itself brings about, and what would come again at each attempt: it cannot be read, tells of something unknown,
// or its rows are refused as data (SQLSTATE classes 22 and 23). All else, such as a lost connection, is tried again.
const isOfTheEvent = (error: unknown) =>
  error instanceof ImpossibleHistory ||
  error instanceof UnreadableEvent ||
  (error instanceof DatabaseError && /^2[23]/.test(error.code ?? ''))
