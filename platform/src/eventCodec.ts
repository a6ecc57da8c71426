import { jsonEvent, type JSONEventData, type RecordedEvent } from '@eventstore/db-client'
import {
  eventMetadataSchema,
  eventSchemas,
  isEventType,
  type DomainEvent,
  type EventMetadata,
} from '@sre-portal/contracts'

/** Version of the events' schemas that this code writes. A later one is refused when read; earlier ones pass the upcasters. */
export const currentSchemaVersion = 1

/** A domain event with what the store and its envelope tell of it. Positions are the store's, 64 bit. */
export type StoredEvent<E extends DomainEvent = DomainEvent> = E & {
  id: string
  stream: string
  revision: number
  position: bigint
  storedAt: Date
  metadata: EventMetadata
  actor: EventMetadata['actor']
  at: string
}

/** An event of the product that cannot be read: its position and id are told, and nothing may skip it. */
export class UnreadableEvent extends Error {
  constructor(event: RecordedEvent, reason: string) {
    super(
      `Event ${event.id} (${event.type}, revision ${event.revision} of ${event.streamId}) cannot be read: ${reason}`,
    )
    this.name = 'UnreadableEvent'
  }
}

/** Makes the store's form of an event. */
export const encodeEvent = (id: string, event: DomainEvent, metadata: EventMetadata): JSONEventData =>
  jsonEvent({ id, type: event.type, data: event.data, metadata })

/**
 * Reads an event that the store recorded, checked against its schema.
 * @returns null for types that this version doesn't know
 * @throws UnreadableEvent for a known type whose data or metadata is not what its schema says, or of a later version
 */
export function decodeEvent(recorded: RecordedEvent): StoredEvent | null {
  if (!isEventType(recorded.type)) return null
  if (!recorded.isJson) throw new UnreadableEvent(recorded, 'it is not JSON')
  const { data, metadata: rawMetadata } = recorded
  const metadata = eventMetadataSchema.safeParse(rawMetadata)
  if (!metadata.success) throw new UnreadableEvent(recorded, `metadata: ${metadata.error.message}`)
  if (metadata.data.schemaVersion > currentSchemaVersion)
    throw new UnreadableEvent(
      recorded,
      `its schema version ${metadata.data.schemaVersion} is later than this code's`,
    )
  const parsed = eventSchemas[recorded.type].safeParse(data)
  if (!parsed.success) throw new UnreadableEvent(recorded, `data: ${parsed.error.message}`)
  return {
    type: recorded.type,
    data: parsed.data,
    id: recorded.id,
    stream: recorded.streamId,
    revision: Number(recorded.revision),
    position: recorded.position?.commit ?? 0n,
    storedAt: recorded.created,
    metadata: metadata.data,
    actor: metadata.data.actor,
    at: metadata.data.at,
  } as StoredEvent
}
