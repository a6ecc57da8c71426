import { jsonEvent, type JSONEventData, type RecordedEvent } from '@eventstore/db-client'
import {
  eventMetadataSchema,
  eventSchemas,
  isEventType,
  parseStreamName,
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
  readonly stream: string

  constructor(event: RecordedEvent, reason: string) {
    super(
      `Event ${event.id} (${event.type}, revision ${event.revision} of ${event.streamId}) cannot be read: ${reason}`,
    )
    this.name = 'UnreadableEvent'
    this.stream = event.streamId
  }
}

/** Makes the store's form of an event. */
export const encodeEvent = (id: string, event: DomainEvent, metadata: EventMetadata): JSONEventData =>
  jsonEvent({ id, type: event.type, data: event.data, metadata })

/**
 * Reads an event that the store recorded, checked against its schema.
 * @returns null for what is not the product's: streams of other names, and the server's own events (`$`)
 * @throws UnreadableEvent for a type that this version doesn't know, for data or metadata that are not what the schema says, and for a
 * later version: nothing may be decided or shown on half a history
 */
export function decodeEvent(recorded: RecordedEvent): StoredEvent | null {
  if (!isOfTheProduct(recorded)) return null
  if (!isEventType(recorded.type))
    throw new UnreadableEvent(recorded, 'its type is not known to this version')
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

/** True for events in the product's streams, but not for what the server itself writes. */
export const isOfTheProduct = ({ streamId, type }: RecordedEvent): boolean =>
  !type.startsWith('$') && parseStreamName(streamId) !== null
