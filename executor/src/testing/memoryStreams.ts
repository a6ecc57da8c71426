import type { DomainEvent } from '@sre-portal/contracts'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { AppendOutcome, NewEvent, StreamHistory } from '@sre-portal/platform/eventStore'
import type { RequestStreams } from '../runs/runStream.ts'

/** Streams in memory that keep EventStoreDB's rules of appending; `requestStreams.int.test.ts` holds both to the same cases. */
export class MemoryStreams implements RequestStreams {
  readonly #streams = new Map<string, StoredEvent[]>()

  events(stream: string): StoredEvent[] {
    return this.#streams.get(stream) ?? []
  }

  readStream<E extends DomainEvent>(stream: string, fromRevision = 0): Promise<StoredEvent<E>[]> {
    return Promise.resolve(this.events(stream).slice(fromRevision) as StoredEvent<E>[])
  }

  async readHistory<E extends DomainEvent>(stream: string, fromRevision = 0): Promise<StreamHistory<E>> {
    const events = await this.readStream<E>(stream, fromRevision)
    return { events, revision: events.at(-1)?.revision ?? fromRevision - 1 }
  }

  append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<AppendOutcome> {
    const stored = this.events(stream)
    const following = stored.slice(expectedRevision + 1, expectedRevision + 1 + events.length)
    const isRepeated =
      following.length === events.length && events.every(({ id }, index) => following[index]?.id === id)
    if (!isRepeated && expectedRevision !== stored.length - 1) return Promise.resolve({ appended: false })
    if (!isRepeated)
      this.#streams.set(stream, [
        ...stored,
        ...events.map((event, index) => storedEvent(stream, event, stored.length + index)),
      ])
    const revision = expectedRevision + events.length
    return Promise.resolve({ appended: true, revision, position: BigInt(revision) })
  }
}

const storedEvent = (stream: string, { id, event, metadata }: NewEvent, revision: number): StoredEvent => ({
  ...event,
  id,
  stream,
  revision,
  position: BigInt(revision),
  storedAt: new Date(metadata.at),
  metadata,
  actor: metadata.actor,
  at: metadata.at,
})
