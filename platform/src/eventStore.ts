import {
  ANY,
  EventStoreDBClient,
  FORWARDS,
  NO_STREAM,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client'
import { DomainError } from '@sre-portal/domain'
import { maxEventBytes, type DomainEvent, type EventMetadata } from '@sre-portal/contracts'
import { decodeEvent, encodeEvent, type StoredEvent } from './eventCodec.ts'

/** An event to append, with its id: derived from what it stands for, so that appending it again changes nothing. */
export interface NewEvent<E extends DomainEvent = DomainEvent> {
  id: string
  event: E
  metadata: EventMetadata
}

/** A conflict is a value: another writer was first, and the caller decides again on the new state. */
export type AppendOutcome = { appended: true; revision: number; position: bigint } | { appended: false }

/** The product's view of EventStoreDB: streams read whole and checked, appends bound to the revision that was read. */
export interface EventStore {
  readonly client: EventStoreDBClient
  /** All events of a stream from a revision on, oldest first; empty when there are none. @throws UnreadableEvent */
  readStream<E extends DomainEvent>(stream: string, fromRevision?: number): Promise<StoredEvent<E>[]>
  /**
   * Appends at `expectedRevision` (-1: the stream must not exist). The same ids at the same revision again succeed and append nothing.
   * @throws DomainError `too_large` when an event would exceed the limit; the client's errors when the store can't be reached
   */
  append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<AppendOutcome>
  /**
   * Appends facts that depend on no state, such as a login, whatever the stream's revision is. Answers the position of the last one.
   * @throws the client's errors when the store can't be reached
   */
  record(stream: string, events: readonly NewEvent[]): Promise<bigint>
  /** True when the store answers. */
  ready(): Promise<boolean>
  close(): Promise<void>
}

/** Connects to `esdb://` or `esdb+discover://`; the connection is made at the first call and remade when it is lost. */
export function connectEventStore(connectionString: string): EventStore {
  const client = EventStoreDBClient.connectionString(connectionString)
  return {
    client,
    readStream: (stream, fromRevision) => readStream(client, stream, fromRevision),
    append: (stream, events, expectedRevision) => append(client, stream, events, expectedRevision),
    record: (stream, events) => record(client, stream, events),
    ready: () => answers(client),
    close: () => client.dispose(),
  }
}

async function readStream<E extends DomainEvent>(
  client: EventStoreDBClient,
  stream: string,
  fromRevision = 0,
): Promise<StoredEvent<E>[]> {
  const events: StoredEvent[] = []
  const reading = client.readStream(stream, { direction: FORWARDS, fromRevision: BigInt(fromRevision) })
  try {
    for await (const { event } of reading) {
      const decoded = event && decodeEvent(event)
      if (decoded) events.push(decoded)
    }
  } catch (error) {
    // Left half way it would keep the client from closing.
    await reading.cancel().catch(() => undefined)
    if (!(error instanceof StreamNotFoundError)) throw error
  }
  return events as StoredEvent<E>[]
}

async function append(
  client: EventStoreDBClient,
  stream: string,
  events: readonly NewEvent[],
  expectedRevision: number,
): Promise<AppendOutcome> {
  const encoded = events.map(({ id, event, metadata }) => encodeEvent(id, event, metadata))
  const bytes = encoded.reduce(
    (sum, event) => sum + Buffer.byteLength(JSON.stringify([event.data, event.metadata])),
    0,
  )
  if (bytes > maxEventBytes)
    throw new DomainError(
      'too_large',
      `Written as an event this takes ${bytes} bytes; at most ${maxEventBytes} are allowed. Quotes, backslashes and line breaks count twice.`,
    )
  try {
    const result = await client.appendToStream(stream, encoded, {
      expectedRevision: expectedRevision < 0 ? NO_STREAM : BigInt(expectedRevision),
    })
    if (!result.success) return { appended: false }
    return {
      appended: true,
      revision: Number(result.nextExpectedRevision),
      position: result.position?.commit ?? 0n,
    }
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return { appended: false }
    throw error
  }
}

async function record(
  client: EventStoreDBClient,
  stream: string,
  events: readonly NewEvent[],
): Promise<bigint> {
  const encoded = events.map(({ id, event, metadata }) => encodeEvent(id, event, metadata))
  const { position } = await client.appendToStream(stream, encoded, { expectedRevision: ANY })
  return position?.commit ?? 0n
}

async function answers(client: EventStoreDBClient): Promise<boolean> {
  try {
    // To its end: a read that is left half way keeps the client from closing.
    for await (const _ of client.readAll({ maxCount: 1 })) continue
    return true
  } catch {
    return false
  }
}
