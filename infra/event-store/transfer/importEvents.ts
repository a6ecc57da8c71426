import { isStableJson, type EventLine } from './eventLine.ts'
import { importBatches, isDeletion, isTombstone } from './importBatches.ts'
import type { ImportSummary } from './importSummary.ts'
import { isSentAsBinary, otherEventFault, placeOf, Target, type Appended } from './target.ts'
import { TransferFault } from './transferFault.ts'

const batchesInFlight = 32
const patienceMs = 3000

export interface ImportOptions {
  /** JSON that the client can't send without losing digits is sent byte for byte, marked as binary; otherwise it is refused. */
  keepDigitsAsBinary: boolean
}

/**
 * Appends exported events through the client, in their order. Repeating an import that broke off continues it. The summary says at any
 * moment how far it has come, also when this throws.
 */
export async function importEvents(
  connectionString: string,
  events: AsyncIterable<EventLine>,
  summary: ImportSummary,
  options: ImportOptions,
): Promise<void> {
  const target = new Target(connectionString)
  try {
    await new Import(target, await target.head(), summary, options).run(importBatches(events, summary))
  } finally {
    await target.close()
  }
}

interface Sending {
  batch: readonly EventLine[]
  appended: Promise<Appended>
}

class Import {
  private readonly target: Target
  private readonly headBefore: bigint
  private readonly summary: ImportSummary
  private readonly options: ImportOptions
  private readonly inFlight: Sending[] = []
  private lastWritten = 0n

  constructor(target: Target, headBefore: bigint, summary: ImportSummary, options: ImportOptions) {
    this.target = target
    this.headBefore = headBefore
    this.summary = summary
    this.options = options
  }

  async run(batches: AsyncIterable<EventLine[]>): Promise<void> {
    try {
      await this.send(batches)
    } catch (error) {
      await this.accountForRest()
      throw error
    }
  }

  private async send(batches: AsyncIterable<EventLine[]>): Promise<void> {
    for await (const batch of batches) {
      const [first] = batch
      if (!first) continue
      // Deletions travel on calls of their own, so nothing may be on its way before or beside them.
      if (isDeletion(first)) {
        await this.finish(0)
        await this.remove(first)
        continue
      }
      for (const line of batch) this.check(line)
      await this.finish(batchesInFlight - 1)
      const appended = this.target.append(batch)
      appended.catch(() => undefined)
      this.inFlight.push({ batch, appended })
      // One at a time until something is new: the client sends its first append after those that follow it, and
      // a batch of which a part is there must be completed before anything behind it.
      if (this.lastWritten === 0n) await this.finish(0)
    }
    await this.finish(0)
  }

  private async finish(remaining: number): Promise<void> {
    while (this.inFlight.length > remaining) {
      const [oldest] = this.inFlight
      if (!oldest) return
      const appended = await oldest.appended
      this.inFlight.shift()
      await this.settle(oldest.batch, appended)
    }
  }

  /** After a fault: what was sent already may be written or not, and the target may never say. */
  private async accountForRest(): Promise<void> {
    const givingUp = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs, undefined))
    for (const { batch, appended } of this.inFlight.splice(0)) {
      const outcome = await Promise.race([appended.catch(() => undefined), givingUp])
      if (outcome?.kind !== 'at') this.summary.unknown += batch.length
      else if (outcome.position === undefined || outcome.position <= this.headBefore)
        this.summary.alreadyThere += batch.length
      else this.summary.written += batch.length
    }
  }

  private async settle(batch: readonly EventLine[], appended: Appended): Promise<void> {
    const [first] = batch
    if (!first) return
    if (appended.kind === 'at') this.count(batch, appended.position)
    else if (appended.kind === 'tombstoned') {
      const { tombstoned } = this.summary
      tombstoned.set(first.stream, (tombstoned.get(first.stream) ?? 0) + batch.length)
    } else if (batch.length === 1) throw otherEventFault(first)
    else for (const line of batch) await this.settle([line], await this.target.append([line]))
  }

  private count(batch: readonly EventLine[], position: bigint | undefined): void {
    if (position === undefined || position <= this.headBefore) {
      this.summary.alreadyThere += batch.length
      return
    }
    const [first] = batch
    if (first && position < this.lastWritten)
      throw new TransferFault(
        `The target has put ${placeOf(first)} before events that precede it in the log. ` +
          'Read models can not be built from that order: import again, into a new event store.',
      )
    this.lastWritten = position
    this.summary.written += batch.length
    for (const line of batch) {
      if (isSentAsBinary(line)) this.summary.asBinary++
      else if (line.isJson && !isStableJson(line.data)) this.summary.respelled++
    }
  }

  private async remove(line: EventLine): Promise<void> {
    const isNew = await this.target.remove(line)
    if (isNew) this.summary.written++
    else this.summary.alreadyThere++
    if (!isTombstone(line)) return
    // The target's tombstone is the one of this log, written by an earlier import.
    this.summary.alreadyThere += this.summary.tombstoned.get(line.stream) ?? 0
    this.summary.tombstoned.delete(line.stream)
  }

  private check(line: EventLine): void {
    if (this.options.keepDigitsAsBinary || !isSentAsBinary(line)) return
    throw new TransferFault(
      `${placeOf(line)} is JSON that the client would change (a number with too many digits, a key twice, or no JSON at all). ` +
        'It was not sent, nor anything behind it. --keep-digits-as-binary sends such events byte for byte, marked as binary.',
    )
  }
}
