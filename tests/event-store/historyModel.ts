import { expect } from 'vitest'
import { type EventStoreDBClient } from '@eventstore/db-client'
import { all, event, numbers } from './support.ts'

export type Expectation = 'any' | 'no_stream' | 'stream_exists' | 'current' | 'behind' | 'ahead'

export type Step =
  | { kind: 'append'; stream: number; count: number; expectation: Expectation; repeat: boolean }
  | { kind: 'delete'; stream: number; expectation: Exclude<Expectation, 'stream_exists'> }
  | { kind: 'tombstone'; stream: number }
  | { kind: 'setMetadata'; stream: number; maxCount: number | undefined; truncateBefore: number | undefined }
  | { kind: 'read'; stream: number; from: number; backwards: boolean; count: number }
  | { kind: 'readAll' }

interface ModelEvent {
  id: string
  n: number
}

interface ModelStream {
  events: ModelEvent[]
  lastAppend: { sent: ReturnType<typeof event>[]; expected: bigint | 'no_stream' | 'any' } | undefined
  hasMetadata: boolean
  maxCount: number | undefined
  truncateBefore: number | undefined
  isSoftDeleted: boolean
  isTombstoned: boolean
}

/** What streams should be like, in plain arrays; every step is done to the server and to this, and compared. */
export class HistoryModel {
  private readonly client: EventStoreDBClient
  private readonly names: readonly string[]
  private readonly streams: ModelStream[]
  private readonly log: string[] = []
  private nextNumber = 0

  constructor(client: EventStoreDBClient, names: readonly string[]) {
    this.client = client
    this.names = names
    this.streams = names.map(() => ({
      events: [],
      lastAppend: undefined,
      hasMetadata: false,
      maxCount: undefined,
      truncateBefore: undefined,
      isSoftDeleted: false,
      isTombstoned: false,
    }))
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'append':
        return step.repeat ? this.repeat(step.stream) : this.append(step)
      case 'delete':
        return this.delete(step)
      case 'tombstone':
        return this.tombstone(step.stream)
      case 'setMetadata':
        return this.setMetadata(step)
      case 'read':
        return this.read(step)
      case 'readAll':
        return this.readAll()
    }
  }

  private async append({ stream, count, expectation }: Extract<Step, { kind: 'append' }>): Promise<void> {
    const model = this.stream(stream)
    const current = model.events.length - 1
    const sent = Array.from({ length: count }, () => event(this.nextNumber++))
    const expected = expectedRevision(expectation, current)
    const outcome = await settled(
      this.client.appendToStream(this.name(stream), sent, { expectedRevision: expected }),
    )
    const wanted = this.judgeAppend(model, expectation, current)
    expect(outcome.error).toBe(wanted)
    if (wanted !== undefined) return
    this.write(
      stream,
      sent.map(({ id, data: { n } }) => ({ id, n })),
    )
    expect(outcome.revision).toBe(BigInt(model.events.length - 1))
    const exact = current < 0 ? 'no_stream' : BigInt(current)
    model.lastAppend = { sent, expected: expectation === 'any' ? 'any' : exact }
  }

  private judgeAppend(model: ModelStream, expectation: Expectation, current: number): string | undefined {
    if (model.isTombstoned) return 'stream-deleted'
    if (expectation === 'stream_exists') {
      if (model.isSoftDeleted) return 'stream-deleted'
      return current < 0 && !model.hasMetadata ? 'wrong-expected-version' : undefined
    }
    if (expectation === 'any' || expectation === 'current') return undefined
    if (expectation === 'no_stream')
      return current < 0 || model.isSoftDeleted ? undefined : 'wrong-expected-version'
    return 'wrong-expected-version'
  }

  /** The same append again changes nothing and says the same, unless the stream is gone. */
  private async repeat(stream: number): Promise<void> {
    const model = this.stream(stream)
    const { lastAppend } = model
    if (!lastAppend) return
    const { sent, expected } = lastAppend
    const outcome = await settled(
      this.client.appendToStream(this.name(stream), sent, { expectedRevision: expected }),
    )
    if (model.isTombstoned) {
      expect(outcome.error).toBe('stream-deleted')
      return
    }
    expect(outcome.error).toBeUndefined()
    const last = model.events.findLastIndex(({ id }) => id === sent.at(-1)?.id)
    expect(outcome.revision).toBe(BigInt(last))
  }

  private write(stream: number, events: readonly ModelEvent[]): void {
    const model = this.stream(stream)
    if (model.isSoftDeleted) {
      model.isSoftDeleted = false
      model.truncateBefore = model.events.length
    }
    model.events.push(...events)
    this.log.push(...events.map(({ n }) => `${stream}:${n}`))
  }

  private async delete({ stream, expectation }: Extract<Step, { kind: 'delete' }>): Promise<void> {
    const model = this.stream(stream)
    const current = model.events.length - 1
    const expected = expectedRevision(expectation, current)
    const outcome = await settled(this.client.deleteStream(this.name(stream), { expectedRevision: expected }))
    const refused = this.judgeAppend(model, expectation, current)
    const wanted = refused ?? (current < 0 && !model.hasMetadata ? 'wrong-expected-version' : undefined)
    expect(outcome.error).toBe(wanted)
    if (wanted !== undefined) return
    model.isSoftDeleted = true
    model.hasMetadata = true
    model.maxCount = undefined
  }

  private async tombstone(stream: number): Promise<void> {
    const model = this.stream(stream)
    const outcome = await settled(this.client.tombstoneStream(this.name(stream)))
    expect(outcome.error).toBe(model.isTombstoned ? 'stream-deleted' : undefined)
    model.isTombstoned = true
  }

  private async setMetadata(step: Extract<Step, { kind: 'setMetadata' }>): Promise<void> {
    const model = this.stream(step.stream)
    const { maxCount, truncateBefore } = step
    const metadata = {
      ...(maxCount === undefined ? {} : { maxCount }),
      ...(truncateBefore === undefined ? {} : { truncateBefore }),
    }
    const outcome = await settled(this.client.setStreamMetadata(this.name(step.stream), metadata))
    expect(outcome.error).toBe(model.isTombstoned ? 'stream-deleted' : undefined)
    if (model.isTombstoned) return
    model.hasMetadata = true
    model.maxCount = maxCount
    model.truncateBefore = model.isSoftDeleted ? model.events.length : truncateBefore
    model.isSoftDeleted = false
  }

  private async read({ stream, from, backwards, count }: Extract<Step, { kind: 'read' }>): Promise<void> {
    const model = this.stream(stream)
    const options = { fromRevision: BigInt(from), maxCount: count } as const
    const reading = this.client.readStream(this.name(stream), {
      ...options,
      direction: backwards ? 'backwards' : 'forwards',
    })
    const outcome = await settled(all(reading))
    if (model.isTombstoned) expect(outcome.error).toBe('stream-deleted')
    else if (model.isSoftDeleted || model.events.length === 0) expect(outcome.error).toBe('stream-not-found')
    else {
      expect(outcome.error).toBeUndefined()
      expect(outcome.numbers).toEqual(this.visible(model, from, backwards).slice(0, count))
    }
  }

  private visible(model: ModelStream, from: number, backwards: boolean): number[] {
    const first = Math.max(
      model.truncateBefore ?? 0,
      model.maxCount === undefined ? 0 : model.events.length - model.maxCount,
    )
    const isVisible = (revision: number) =>
      revision >= first && (backwards ? revision <= from : revision >= from)
    const shown = model.events.filter((_, revision) => isVisible(revision)).map(({ n }) => n)
    return backwards ? shown.reverse() : shown
  }

  private async readAll(): Promise<void> {
    const events = await all(this.client.readAll())
    const own = events.flatMap(({ event: recorded }) => {
      const stream = this.names.indexOf(recorded?.streamId ?? '')
      if (stream < 0 || recorded?.type === '$streamDeleted') return []
      return [`${stream}:${(recorded?.data as { n: number }).n}`]
    })
    expect(own).toEqual(this.log)
  }

  private stream(index: number): ModelStream {
    const stream = this.streams[index]
    if (!stream) throw new Error(`There is no stream ${index}`)
    return stream
  }

  private name(index: number): string {
    return this.names[index] ?? ''
  }
}

function expectedRevision<T extends Expectation>(expectation: T, current: number) {
  if (expectation === 'current') return current < 0 ? 'no_stream' : BigInt(current)
  if (expectation === 'behind') return current <= 0 ? 5000n : BigInt(current - 1)
  if (expectation === 'ahead') return BigInt(current + 1)
  return expectation as Exclude<T, 'current' | 'behind' | 'ahead'>
}

interface Settled {
  error: string | undefined
  revision: bigint | undefined
  numbers: unknown[]
}

async function settled(work: Promise<unknown>): Promise<Settled> {
  try {
    const value = await work
    const revision =
      typeof value === 'object' && value !== null && 'nextExpectedRevision' in value
        ? (value.nextExpectedRevision as bigint)
        : undefined
    return { error: undefined, revision, numbers: Array.isArray(value) ? numbers(value) : [] }
  } catch (error) {
    const type = error instanceof Error && 'type' in error ? String(error.type) : String(error)
    return { error: type, revision: undefined, numbers: [] }
  }
}
