import {
  ANY,
  BACKWARDS,
  END,
  FORWARDS,
  NO_STREAM,
  StreamNotFoundError,
  WrongExpectedVersionError,
  type AppendResult,
  type AppendToStreamOptions,
  type EventStoreDBClient,
  type RecordedEvent,
} from '@eventstore/db-client'
import { DomainError } from '@sre-portal/domain'
import { maxEventBytes, type DomainEvent, type EventMetadata } from '@sre-portal/contracts'
import { decodeEvent, encodeEvent, type StoredEvent } from './eventCodec.ts'
import { parseEventStoreAddress, type EventStoreAddress } from './eventStoreAddress.ts'
import { isLateCommit, isOutage, NoAnswerInTime } from './outage.ts'
import { askForFeatures, openClients, type StoreClients } from './storeClient.ts'
import { eventsOf } from './storeReading.ts'
import { explainTrouble } from './storeTrouble.ts'
import { within } from './within.ts'

/** An event to append, with its id: derived from what it stands for, so that appending it again changes nothing. */
export interface NewEvent<E extends DomainEvent = DomainEvent> {
  id: string
  event: E
  metadata: EventMetadata
}

/** A conflict is a value: another writer was first, and the caller decides again on the new state. */
export type AppendOutcome = { appended: true; revision: number; position: bigint } | { appended: false }

/** Events of a stream, and the revision of the last event in it, which need not be one of ours; one before `fromRevision` when there is none. */
export interface StreamHistory<E extends DomainEvent> {
  events: StoredEvent<E>[]
  revision: number
}

/** The product's view of EventStoreDB: streams read whole and checked, appends bound to the revision that was read. */
export interface EventStore {
  /** The client to use now; ask for it at each use, because an outage may bring another one. @throws Error in words when there can be none */
  readonly client: EventStoreDBClient
  /** All events of a stream from a revision on, oldest first; empty when there are none. @throws UnreadableEvent */
  readStream<E extends DomainEvent>(stream: string, fromRevision?: number): Promise<StoredEvent<E>[]>
  /** The same with the revision to append at: that of the last event, whosever it is. @throws UnreadableEvent */
  readHistory<E extends DomainEvent>(stream: string, fromRevision?: number): Promise<StreamHistory<E>>
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
  /** Position of the last event of the log. @throws the client's errors when the store can't be reached */
  head(): Promise<bigint>
  /** True when the store can be read and appended to; answers within two seconds. */
  ready(): Promise<boolean>
  /** null when the store can be read and appended to, else why not, in words; answers within two seconds. */
  trouble(): Promise<string | null>
  /** Ends within seconds, whatever is left open. */
  close(): Promise<void>
}

const answerMs = 10_000
const readinessMs = 1_000
/** How often, and for how long, events are sent whose commit the node gives up waiting for. */
const mostSendings = 3
const resendingMs = 6_000
/** How long a failed append tells against a store that nobody has appended to since. */
const rememberedMs = 5_000

/**
 * Connects to `esdb://` or `esdb+discover://`; the connection is made at the first call and remade when it is lost.
 * @throws Error for an address that can't be read
 */
export function connectEventStore(url: string): EventStore {
  const address = parseEventStoreAddress(url)
  const clients = openClients(url)
  let refused: { words: string; at: number } | null = null
  const write = async (stream: string, events: readonly NewEvent[], options: AppendToStreamOptions) => {
    try {
      const result = await writeEvents(clients, address, stream, events, options)
      refused = null
      return result
    } catch (error) {
      if (isOutage(error)) refused = { words: (error as Error).message.slice(0, 300), at: performance.now() }
      throw error
    }
  }
  // A store whose disk is full can be read, and takes nothing: only an append tells.
  const refusedLately = () =>
    refused && performance.now() - refused.at < rememberedMs
      ? `The event store can be read and takes no events: ${refused.words}`
      : null
  const trouble = async () => (await troubleOf(clients, address)) ?? refusedLately()
  return {
    get client() {
      return clients.current()
    },
    readStream: async <E extends DomainEvent>(stream: string, fromRevision?: number) =>
      (await readHistory<E>(clients.current(), stream, fromRevision)).events,
    readHistory: (stream, fromRevision) => readHistory(clients.current(), stream, fromRevision),
    append: (stream, events, expectedRevision) => append(write, stream, events, expectedRevision),
    record: async (stream, events) =>
      (await write(stream, events, { expectedRevision: ANY })).position?.commit ?? 0n,
    head: () => headOf(clients.current()),
    ready: async () => (await trouble()) === null,
    trouble,
    close: () => clients.close(),
  }
}

async function readHistory<E extends DomainEvent>(
  client: EventStoreDBClient,
  stream: string,
  fromRevision = 0,
): Promise<StreamHistory<E>> {
  // Read to its end before anything is decoded: left half way, a reading would keep the client from closing.
  const recorded: RecordedEvent[] = []
  try {
    const reading = client.readStream(stream, { direction: FORWARDS, fromRevision: BigInt(fromRevision) })
    for await (const event of eventsOf(reading, answerMs)) recorded.push(event)
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error
  }
  const events = recorded.map(decodeEvent).filter((event) => event !== null) as StoredEvent<E>[]
  return { events, revision: Number(recorded.at(-1)?.revision ?? fromRevision - 1) }
}

type Write = (
  stream: string,
  events: readonly NewEvent[],
  options: AppendToStreamOptions,
) => Promise<AppendResult>

async function append(
  write: Write,
  stream: string,
  events: readonly NewEvent[],
  expectedRevision: number,
): Promise<AppendOutcome> {
  try {
    const result = await write(stream, events, {
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

async function writeEvents(
  clients: StoreClients,
  address: EventStoreAddress,
  stream: string,
  events: readonly NewEvent[],
  options: AppendToStreamOptions,
): Promise<AppendResult> {
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
  const credentials = credentialsFor(address)
  const deadline = performance.now() + resendingMs
  for (let sending = 1; ; sending++)
    try {
      return await within(
        answerMs,
        clients
          .current()
          .appendToStream(stream, encoded, { ...options, ...(credentials && { credentials }) }),
        () => {
          throw new NoAnswerInTime('The event store', answerMs)
        },
      )
    } catch (error) {
      // The ids make sending again safe: what was committed after all is found, and nothing is appended twice.
      if (!isLateCommit(error) || sending === mostSendings || performance.now() > deadline) throw error
    }
}

// With credentials of its own each append is one call with a deadline. Without them the client sends all appends of the process
// through one call, and when that one breaks, it fails those of its other connections too, and stumbles over their answers. On a
// connection without TLS the client sends no credentials, whatever they are.
function credentialsFor({ user, tls }: EventStoreAddress) {
  if (user) return { username: user.name, password: user.password }
  return tls ? null : { username: 'anonymous', password: 'anonymous' }
}

async function headOf(client: EventStoreDBClient): Promise<bigint> {
  let head = 0n
  const last = client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })
  for await (const { position } of eventsOf(last, answerMs)) head = position?.commit ?? head
  return head
}

async function troubleOf(clients: StoreClients, address: EventStoreAddress): Promise<string | null> {
  try {
    const client = clients.current()
    const usable = Promise.all([askForFeatures(client), readLast(client)])
    await within(readinessMs, usable, () => {
      throw new NoAnswerInTime('The event store', readinessMs)
    })
    return null
  } catch (error) {
    return explainTrouble(address, error)
  }
}

async function readLast(client: EventStoreDBClient): Promise<void> {
  const last = client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })
  for await (const _ of eventsOf(last, readinessMs)) continue
}
