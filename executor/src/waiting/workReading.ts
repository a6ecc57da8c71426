import { setTimeout as delay } from 'node:timers/promises'
import {
  BACKWARDS,
  END,
  eventTypeFilter,
  FORWARDS,
  START,
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type RecordedEvent,
  type StreamingRead,
} from '@eventstore/db-client'
import { eventsOf } from '@sre-portal/platform/storeReading'
import type { ExecutorContext } from '../context.ts'
import { GrowingPause } from '../growingPause.ts'
import { giveUpReading, noteWork, takeReading, type ReadBatch, type ReadPlace } from './waitingWork.ts'
import { readTypes, workStepOf } from './workKinds.ts'

const leaseMs = 6_000
const lookMs = 1_000
const againMs = 100
const answerMs = 5_000
// No subscription is trusted for longer: a new one begins where the last has come to.
const longestMs = 60_000
const maxBatch = 500

/** A place up to which the filter has let nothing pass. */
interface Passed {
  passed: bigint
}

/**
 * The executors' own reading of the log for work that nobody has begun, by one of them at a time. It begins at the first event of the
 * log, and whenever the event store isn't the one in which it had come so far.
 */
export class WorkReading {
  readonly #context: ExecutorContext
  #closed = false
  #ended: Promise<void> = Promise.resolve()
  #subscription: AllStreamSubscription | null = null
  readonly #wait: GrowingPause

  constructor(context: ExecutorContext) {
    this.#context = context
    this.#wait = new GrowingPause(context.log, 'the log could not be read for work')
  }

  start(): void {
    this.#ended = this.#readRepeatedly()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wait.end()
    await this.#subscription?.unsubscribe().catch(() => undefined)
    await this.#ended
    await giveUpReading(this.#context).catch(() => undefined)
  }

  async #readRepeatedly(): Promise<void> {
    while (!this.#closed) {
      try {
        const place = await takeReading(this.#context, leaseMs)
        if (place) await this.#read(place)
        this.#wait.wentWell()
        await this.#wait.for(place ? againMs : lookMs)
      } catch (error) {
        if (!this.#closed) await this.#wait.after(error)
      }
    }
  }

  async #read(place: ReadPlace): Promise<void> {
    const known = await this.#known(place)
    const from = known.passed ?? known.event?.position ?? null
    const subscription = this.#context.store.client.subscribeToAll(
      {
        fromPosition: from === null ? START : { commit: from, prepare: from },
        filter: eventTypeFilter({ prefixes: readTypes, checkpointReached }),
      },
      { highWaterMark: maxBatch },
    )
    this.#subscription = subscription
    // An error that comes after the loop has ended has nobody else to listen to it.
    subscription.on('error', () => undefined)
    const keeping = new AbortController()
    void this.#keep(subscription, keeping.signal)
    try {
      if (!this.#closed) await this.#follow(subscription, known)
    } finally {
      keeping.abort()
      await subscription.unsubscribe().catch(() => undefined)
      subscription.destroy()
    }
  }

  /** Renews the reading while there is nothing to write down; ends the subscription when it is somebody else's, or has lasted long. */
  async #keep(subscription: AllStreamSubscription, signal: AbortSignal): Promise<void> {
    const until = performance.now() + longestMs
    while (!signal.aborted && performance.now() < until) {
      await delay(leaseMs / 3, undefined, { signal }).catch(() => undefined)
      const isMine = await takeReading(this.#context, leaseMs).catch(() => null)
      if (!isMine) break
    }
    if (!signal.aborted) await subscription.unsubscribe().catch(() => undefined)
  }

  async #follow(subscription: AllStreamSubscription, place: ReadPlace): Promise<void> {
    let batch: ReadBatch = { ...place, steps: [] }
    for await (const item of subscription as AsyncIterable<AllStreamResolvedEvent | Passed>) {
      if (this.#closed) return
      if ('passed' in item) batch.passed = item.passed
      else if (item.event) batch = withEvent(batch, item.event)
      if (batch.steps.length < maxBatch && subscription.readableLength > 0) continue
      if (!(await noteWork(this.#context, batch, leaseMs))) return
      batch = { ...batch, steps: [] }
    }
  }

  /** As much of a place as this event store knows. */
  async #known({ event, passed }: ReadPlace): Promise<ReadPlace> {
    if (!event) return { event: null, passed: null }
    const { client } = this.#context.store
    const at = { commit: event.position, prepare: event.position }
    const [found, last] = await Promise.all([
      only(client.readAll({ fromPosition: at, direction: FORWARDS, maxCount: 1 })).catch(() => null),
      only(client.readAll({ fromPosition: END, direction: BACKWARDS, maxCount: 1 })),
    ])
    if (found?.id !== event.id) {
      this.#context.log.warn(
        'this event store is not the one that was read for work: reading it from its beginning',
      )
      return { event: null, passed: null }
    }
    return { event, passed: passed !== null && last && passed <= positionOf(last) ? passed : null }
  }
}

// It goes through the same buffer as the events, so that it is met after all events before it.
function checkpointReached(subscription: AllStreamSubscription, { commit }: { commit: bigint }): void {
  subscription.push({ passed: commit } satisfies Passed)
}

function withEvent(batch: ReadBatch, event: RecordedEvent): ReadBatch {
  const step = workStepOf(event)
  if (step) batch.steps.push(step)
  const position = positionOf(event)
  return { steps: batch.steps, event: { id: event.id, position }, passed: null }
}

const positionOf = ({ position }: RecordedEvent): bigint => position?.commit ?? 0n

/** The one event of a reading. */
async function only(reading: StreamingRead<AllStreamResolvedEvent>): Promise<RecordedEvent | null> {
  let found: RecordedEvent | null = null
  for await (const event of eventsOf(reading, answerMs)) found = event
  return found
}
