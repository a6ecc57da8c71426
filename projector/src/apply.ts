import type { RecordedEvent } from '@eventstore/db-client'
import type { DomainEvent, RequestEvent } from '@sre-portal/contracts'
import { decodeEvent, UnreadableEvent, type StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { DatabaseError } from 'pg'
import { accessHandlers } from './access.ts'
import { writeAudit } from './audit.ts'
import { directoryHandlers } from './directory.ts'
import { ImpossibleHistory, PoisonEvent, positionOf } from './failures.ts'
import type { Handlers } from './handlers.ts'
import { instanceHandlers } from './instances.ts'
import { notify } from './notifications.ts'
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
}

/**
 * Writes the rows of these events, in order. An event that is in the audit log was applied before, with everything it brought about,
 * and is passed over: applying twice equals once.
 * @returns how many events of each unknown type there were
 * @throws PoisonEvent
 */
export async function applyEvents(
  db: Connection,
  recorded: readonly RecordedEvent[],
): Promise<Map<string, number>> {
  const unknown = new Map<string, number>()
  const applied = await alreadyApplied(db, recorded)
  for (const event of recorded) {
    if (applied.has(positionOf(event))) continue
    const known = await applyOne(db, event)
    if (!known) unknown.set(event.type, (unknown.get(event.type) ?? 0) + 1)
  }
  return unknown
}

async function alreadyApplied(db: Connection, recorded: readonly RecordedEvent[]): Promise<Set<bigint>> {
  const { rows } = await db.query<{ position: string }>(
    'select position from audit where position = any($1::bigint[])',
    [recorded.map((event) => String(positionOf(event)))],
  )
  return new Set(rows.map(({ position }) => BigInt(position)))
}

async function applyOne(db: Connection, recorded: RecordedEvent): Promise<boolean> {
  try {
    const decoded = decodeEvent(recorded)
    if (!decoded) return false
    const event = storable(decoded)
    await handle(db, event)
    if (isRequestEvent(event)) await notify(db, event)
    await writeAudit(db, event)
    return true
  } catch (error) {
    throw isOfTheEvent(error) ? new PoisonEvent(recorded, error) : error
  }
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
