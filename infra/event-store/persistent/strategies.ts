import { linkTarget } from '../log/linkTarget.ts'
import type { Consumer } from './consumer.ts'
import type { StrategyName } from './groupSettings.ts'
import type { GroupMessage } from './message.ts'

/** Chooses who gets a message; undefined lets it wait. */
export interface ConsumerStrategy {
  /** True when a message that has to wait doesn't hold up those behind it. */
  readonly allowsOvertaking: boolean
  join(consumer: Consumer): void
  leave(consumer: Consumer): void
  pick(message: GroupMessage): Consumer | undefined
}

export function createStrategy(name: StrategyName): ConsumerStrategy {
  switch (name) {
    case 'DispatchToSingle':
      return new DispatchToSingle()
    case 'RoundRobin':
      return new RoundRobin()
    case 'Pinned':
      return new Pinned(sourceStream)
    case 'PinnedByCorrelation':
      return new Pinned(correlation)
  }
}

class DispatchToSingle implements ConsumerStrategy {
  readonly allowsOvertaking = false
  protected consumers: Consumer[] = []

  join(consumer: Consumer): void {
    this.consumers.push(consumer)
  }

  leave(consumer: Consumer): void {
    this.consumers = this.consumers.filter((other) => other !== consumer)
  }

  pick(message: GroupMessage): Consumer | undefined {
    return this.consumers.find((consumer) => isFree(consumer, message))
  }
}

class RoundRobin extends DispatchToSingle {
  override pick(message: GroupMessage): Consumer | undefined {
    const index = this.consumers.findIndex((consumer) => isFree(consumer, message))
    const consumer = this.consumers[index]
    if (consumer) this.consumers = [...this.consumers.slice(index + 1), ...this.consumers.slice(0, index + 1)]
    return consumer
  }
}

const bucketCount = 1024

class Pinned implements ConsumerStrategy {
  readonly allowsOvertaking = true
  private readonly keyOf: (message: GroupMessage) => string
  private readonly owners: (Consumer | undefined)[] = Array.from({ length: bucketCount }, () => undefined)
  private consumers: Consumer[] = []

  constructor(keyOf: (message: GroupMessage) => string) {
    this.keyOf = keyOf
  }

  join(consumer: Consumer): void {
    this.consumers.push(consumer)
    this.balance()
  }

  leave(consumer: Consumer): void {
    this.consumers = this.consumers.filter((other) => other !== consumer)
    this.balance()
  }

  pick(message: GroupMessage): Consumer | undefined {
    const owner = this.owners[hash(this.keyOf(message)) % bucketCount]
    return owner && isFree(owner, message) ? owner : undefined
  }

  /** Moves as few buckets as possible, so that most streams stay with their consumer. */
  private balance(): void {
    const share = Math.ceil(bucketCount / Math.max(1, this.consumers.length))
    const owned = new Map(this.consumers.map((consumer) => [consumer, 0]))
    for (const [bucket, owner] of this.owners.entries()) {
      const count = owner ? owned.get(owner) : undefined
      if (owner && count !== undefined && count < share) owned.set(owner, count + 1)
      else this.owners[bucket] = undefined
    }
    for (const [bucket, owner] of this.owners.entries()) {
      if (owner) continue
      const next = this.consumers.find((consumer) => (owned.get(consumer) ?? 0) < share)
      if (!next) return
      this.owners[bucket] = next
      owned.set(next, (owned.get(next) ?? 0) + 1)
    }
  }
}

/** The same id can't be in flight twice at one consumer: its answer would be ambiguous. */
function isFree(consumer: Consumer, message: GroupMessage): boolean {
  return consumer.canTake && !consumer.inFlight.has(message.idKey)
}

function sourceStream({ outgoing, original }: GroupMessage): string {
  return outgoing.event && outgoing.link
    ? outgoing.event.streamName
    : (linkTarget(original)?.stream ?? original.streamName)
}

function correlation(message: GroupMessage): string {
  const record = message.outgoing.event ?? message.original
  try {
    const metadata: unknown = JSON.parse(record.metadata.toString('utf8'))
    if (typeof metadata === 'object' && metadata !== null && '$correlationId' in metadata) {
      return String(metadata.$correlationId)
    }
  } catch {
    return sourceStream(message)
  }
  return sourceStream(message)
}

/** FNV-1a: stable over restarts and well spread for similar names. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}
