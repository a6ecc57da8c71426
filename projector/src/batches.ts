import {
  BACKWARDS,
  END,
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type RecordedEvent,
} from '@eventstore/db-client'
import { parseStreamName, streamPrefixes } from '@sre-portal/contracts'
import type { EventStore } from '@sre-portal/platform/eventStore'
import { endReading, eventsOf } from '@sre-portal/platform/storeReading'
import { positionOf } from './failures.ts'

/** Events in log order, and the position up to which the whole log is covered by them. */
export interface Batch {
  events: RecordedEvent[]
  position: bigint
}

/** A checkpoint of the filter: nothing of ours lies between the last event and it. */
interface Passed {
  passed: bigint
}

/**
 * The product's events after `position`, as they come, for ever. A batch is what arrived while the one before was being written, so
 * a single event waits for nothing; the buffer is bounded and the store is read no faster than batches are taken.
 * @throws the client's error when the subscription is lost
 */
export async function* subscribe(
  store: EventStore,
  position: bigint,
  options: { maxBatch: number; signal: AbortSignal },
): AsyncGenerator<Batch> {
  const { maxBatch, signal } = options
  const subscription = store.client.subscribeToAll(
    {
      fromPosition: position === 0n ? START : { commit: position, prepare: position },
      filter: streamNameFilter({
        prefixes: [...streamPrefixes],
        checkpointReached,
      }),
    },
    { highWaterMark: maxBatch },
  )
  const changes = watch(subscription, signal)
  try {
    while (!signal.aborted) {
      const batch = drain(subscription, maxBatch)
      if (batch) yield batch
      else await changes()
    }
  } finally {
    endReading(subscription)
  }
}

// It goes through the same buffer as the events, so that it is met after all events before it.
function checkpointReached(subscription: AllStreamSubscription, position: { commit: bigint }): void {
  subscription.push({ passed: position.commit } satisfies Passed)
}

function drain(subscription: AllStreamSubscription, max: number): Batch | null {
  const events: RecordedEvent[] = []
  let position: bigint | null = null
  while (events.length < max) {
    const item = subscription.read() as AllStreamResolvedEvent | Passed | null
    if (item === null) break
    if ('passed' in item) position = item.passed
    else if (item.event) {
      events.push(item.event)
      position = positionOf(item.event)
    }
  }
  return position === null ? null : { events, position }
}

/** Answers a function that waits until there may be something to read; it throws once the subscription is lost. */
function watch(subscription: AllStreamSubscription, signal: AbortSignal): () => Promise<void> {
  let wake = () => {}
  let lost: Error | null = null
  let changed = false
  const note = (error?: Error) => {
    lost = error ?? lost
    changed = true
    wake()
  }
  subscription.on('readable', () => note())
  subscription.on('error', (error) => note(error))
  subscription.on('close', () => note(new Error('The event store ended the subscription.')))
  subscription.on('end', () => note(new Error('The event store ended the subscription.')))
  if (signal.aborted) note()
  signal.addEventListener('abort', () => note(), { once: true })
  return async () => {
    if (!changed) await new Promise<void>((resolve) => (wake = resolve))
    changed = false
    if (lost && !signal.aborted) throw lost
  }
}

/** The product's events after `position` up to the present end of the log, in batches. */
export async function* readToEnd(
  store: EventStore,
  position: bigint,
  maxBatch: number,
): AsyncGenerator<Batch> {
  let batch: Batch = { events: [], position }
  let considered = 0
  const fromPosition = position === 0n ? START : { commit: position, prepare: position }
  const reading = store.client.readAll({ fromPosition }, { highWaterMark: maxBatch })
  for await (const event of eventsOf(reading, patienceMs)) {
    if (positionOf(event) <= position) continue
    batch.position = positionOf(event)
    considered++
    if (isOurs(event)) batch.events.push(event)
    if (considered < maxBatch) continue
    yield batch
    batch = { events: [], position: batch.position }
    considered = 0
  }
  if (considered > 0) yield batch
}

const isOurs = ({ streamId }: RecordedEvent) => parseStreamName(streamId) !== null

const patienceMs = 10_000
/** How many events of the node's own are looked through for the last one of ours; mostly few are enough. */
const lookedThrough = [16, 10_000]

/**
 * Position of the last event in the log, and of the last one of ours: a node writes events of its own, which are no work that waits.
 * Events up to `known` are not looked at; there are none of ours after it when `ours` is not beyond it.
 */
export async function endsOf(store: EventStore, known: bigint): Promise<{ head: bigint; ours: bigint }> {
  let head: bigint | null = null
  for (const maxCount of lookedThrough) {
    const backwards = store.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount })
    for await (const event of eventsOf(backwards, patienceMs)) {
      const position = positionOf(event)
      head ??= position
      if (isOurs(event) || position <= known) return { head, ours: position }
    }
  }
  return { head: head ?? 0n, ours: 0n }
}

/** Position of the last event in the log. */
export async function headOf(store: EventStore): Promise<bigint> {
  let head = 0n
  const last = store.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 })
  for await (const event of eventsOf(last, patienceMs)) head = positionOf(event)
  return head
}
