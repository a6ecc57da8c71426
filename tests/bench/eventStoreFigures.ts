import { randomUUID } from 'node:crypto'
import {
  END,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  type EventStoreDBClient,
} from '@eventstore/db-client'
import { benchEvent, perSecond } from './eventStoreRows.ts'
import { timesOf, type Times } from './samples.ts'

const inFlight = 64

export async function appendOneByOne(client: EventStoreDBClient, durationMs: number): Promise<number> {
  const stream = `one-${randomUUID()}`
  let n = 0
  return perSecond(durationMs, async () => {
    await client.appendToStream(stream, benchEvent(n++))
    return 1
  })
}

export async function appendConcurrently(client: EventStoreDBClient, durationMs: number): Promise<number> {
  let n = 0
  const rates = Array.from({ length: inFlight }, (_, lane) => {
    const stream = `lane-${lane}-${randomUUID()}`
    return perSecond(durationMs, async () => {
      await client.appendToStream(stream, benchEvent(n++))
      return 1
    })
  })
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0)
}

export async function appendByHundred(client: EventStoreDBClient, durationMs: number): Promise<number> {
  const stream = `hundred-${randomUUID()}`
  let n = 0
  return perSecond(durationMs, async () => {
    await client.appendToStream(
      stream,
      Array.from({ length: 100 }, () => benchEvent(n++)),
    )
    return 100
  })
}

/** Fills the log up to a number of events, as fast as it goes. */
export async function fill(client: EventStoreDBClient, count: number): Promise<void> {
  let n = 0
  const lanes = Array.from({ length: 4 }, async (_, lane) => {
    const stream = `fill-${lane}-${randomUUID()}`
    while (n < count) {
      const events = Array.from({ length: Math.min(200, count - n) }, () => benchEvent(n++))
      if (events.length > 0) await client.appendToStream(stream, events)
    }
  })
  await Promise.all(lanes)
}

export async function readAll(client: EventStoreDBClient, count: number): Promise<number> {
  const startedAt = performance.now()
  let read = 0
  for await (const { event } of client.readAll({ maxCount: count })) if (event) read++
  return (read / (performance.now() - startedAt)) * 1000
}

export async function catchUp(client: EventStoreDBClient, count: number): Promise<number> {
  const startedAt = performance.now()
  const subscription = client.subscribeToAll({ fromPosition: START })
  let received = 0
  await new Promise<void>((resolve, reject) => {
    subscription.on('data', () => {
      if (++received === count) resolve()
    })
    subscription.on('error', reject)
  })
  const rate = (received / (performance.now() - startedAt)) * 1000
  await subscription.unsubscribe()
  return rate
}

export async function consumePersistently(client: EventStoreDBClient, count: number): Promise<number> {
  const group = `bench-${randomUUID()}`
  const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START })
  await client.createPersistentSubscriptionToAll(group, settings)
  const subscription = client.subscribeToPersistentSubscriptionToAll(group, { bufferSize: 100 })
  const startedAt = performance.now()
  let received = 0
  await new Promise<void>((resolve, reject) => {
    subscription.on('data', (resolved) => {
      subscription.ack(resolved).catch(reject)
      if (++received === count) resolve()
    })
    subscription.on('error', reject)
  })
  const rate = (received / (performance.now() - startedAt)) * 1000
  await subscription.unsubscribe()
  await client.deletePersistentSubscriptionToAll(group)
  return rate
}

/** From the call of append to the event at a subscriber that follows the end of the log. */
export async function liveLatency(client: EventStoreDBClient, count: number): Promise<Times> {
  const subscription = client.subscribeToAll({ fromPosition: END })
  let arrived: (() => void) | undefined
  let awaited = ''
  subscription.on('data', ({ event }) => {
    if (event?.id === awaited) arrived?.()
  })
  await new Promise((resolve) => subscription.once('caughtUp', resolve))
  const stream = `latency-${randomUUID()}`
  const samples: number[] = []
  for (let n = 0; n < count; n++) {
    const event = benchEvent(n)
    awaited = event.id
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const startedAt = performance.now()
    const appended = client.appendToStream(stream, event)
    await arrival
    samples.push(performance.now() - startedAt)
    await appended
  }
  await subscription.unsubscribe()
  return timesOf(samples)
}
