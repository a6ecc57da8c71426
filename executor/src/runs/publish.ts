import { setTimeout as delay } from 'node:timers/promises'
import { UnreadableEvent } from '@sre-portal/platform/eventCodec'
import type { NewEvent } from '@sre-portal/platform/eventStore'
import type { ExecutorContext } from '../context.ts'
import { removeLease } from './leases.ts'
import type { OutcomeJournal, PendingOutcome } from './outcomeJournal.ts'
import { RunStream, RunTakenOver, RunWentOn, type RequestStreams } from './runStream.ts'
import { forgetRun } from './statementJournal.ts'

const maxBatchBytes = 700_000
const maxBatchEvents = 200
const quickAttempts = 4
const quickDelayMs = 200
const slowestDelayMs = 5000

/** Appends outcomes; what the event store doesn't take is kept on disk, and until it has all of them no new work is begun. */
export class OutcomePublisher {
  readonly #context: ExecutorContext
  readonly #journal: OutcomeJournal
  #kept = 0
  /** Of what can't be told because of its own stream, why not, by execution: it holds nothing else up. */
  readonly #untellable = new Map<string, string>()
  #closed = false
  #wake: (() => void)[] = []

  constructor(context: ExecutorContext, journal: OutcomeJournal) {
    this.#context = context
    this.#journal = journal
  }

  /** Outcomes that wait on disk for the event store. */
  get waiting(): number {
    return this.#kept
  }

  /** Why outcomes that are kept can't be told at all for now: their own streams can't be read. */
  get untellable(): string[] {
    return [...this.#untellable.values()]
  }

  /** Resolves when no outcome waits. */
  async clear(): Promise<void> {
    while (this.#kept > 0 && !this.#closed) await new Promise<void>((resolve) => this.#wake.push(resolve))
  }

  /** Replays what an earlier process of this executor had to leave. */
  async replay(): Promise<void> {
    for (const outcome of await this.#journal.pending()) this.#keepTrying(outcome)
  }

  /** Appends the last events of a run, or keeps them and goes on trying in the background. */
  async publish(outcome: PendingOutcome): Promise<void> {
    for (let attempt = 0; attempt < quickAttempts; attempt++) {
      try {
        await this.#append(outcome)
        return
      } catch (error) {
        this.#context.log.warn(
          { err: error, executionId: outcome.run.executionId },
          'an outcome could not be appended',
        )
        await delay(quickDelayMs * 2 ** attempt)
      }
    }
    await this.#journal.keep(outcome)
    this.#context.log.error(
      { executionId: outcome.run.executionId },
      'an outcome waits on disk for the event store',
    )
    this.#keepTrying(outcome)
  }

  close(): void {
    this.#closed = true
    this.#release()
  }

  #keepTrying(outcome: PendingOutcome): void {
    const { executionId } = outcome.run
    let holdsUp = true
    const letOthersOn = () => {
      if (holdsUp) this.#kept -= 1
      holdsUp = false
      this.#release()
    }
    this.#kept += 1
    void (async () => {
      for (let waitMs = quickDelayMs; !this.#closed; waitMs = Math.min(waitMs * 2, slowestDelayMs)) {
        try {
          await this.#append(outcome)
          await this.#journal.forget(executionId)
          this.#untellable.delete(executionId)
          letOthersOn()
          return
        } catch (error) {
          if (error instanceof UnreadableEvent) {
            this.#untellable.set(executionId, `An outcome cannot be told: ${error.message}`)
            letOthersOn()
          }
          await delay(waitMs)
        }
      }
    })()
  }

  #release(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  async #append(outcome: PendingOutcome): Promise<void> {
    const { run } = outcome
    const answer = await appendOutcome(this.#context.store, outcome, () =>
      this.#context.failpoint('after-batch'),
    )
    if (answer === 'went-on') {
      // The lease of the recovery runs out, and the next one decides on what is known then.
      this.#context.log.warn({ run }, 'the run went on while its outcome was found out; that is dropped')
      return
    }
    if (answer === 'taken-over')
      this.#context.log.warn({ run }, 'the run has its outcome from a recovery; ours is dropped')
    await forgetRun(this.#context, run.executionId)
    await removeLease(this.#context, run.executionId)
  }
}

/** Appends what is missing of a run's last events, unless the run has been ended by somebody else, or goes on against expectation. */
export async function appendOutcome(
  streams: RequestStreams,
  { run, batches }: PendingOutcome,
  onBatch: () => void = () => undefined,
): Promise<'told' | 'taken-over' | 'went-on'> {
  const stream = new RunStream(streams, run)
  try {
    for (const batch of batches) {
      await stream.append(batch)
      onBatch()
    }
    return 'told'
  } catch (error) {
    if (error instanceof RunWentOn) return 'went-on'
    if (!(error instanceof RunTakenOver)) throw error
    return stream.has(batches.flat()) ? 'told' : 'taken-over'
  }
}

/** Batches that stay within the event store's limit of one append. */
export function inBatches(events: NewEvent[]): NewEvent[][] {
  const batches: NewEvent[][] = []
  let batch: NewEvent[] = []
  let bytes = 0
  for (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event))
    if (batch.length > 0 && (bytes + size > maxBatchBytes || batch.length >= maxBatchEvents)) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(event)
    bytes += size
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}
