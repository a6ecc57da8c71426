import { randomUUID } from 'node:crypto'
import { jsonEvent, persistentSubscriptionToAllSettingsFromDefaults } from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '@sre-portal/tests/event-store/support.ts'
import { realNode, type RealNode } from '@sre-portal/tests/setup/realNode.ts'
import type { EventMetadata, PodEvent } from '@sre-portal/contracts'
import { connectEventStore, type EventStore, type NewEvent } from './eventStore.ts'
import { isOutage, NoAnswerInTime } from './outage.ts'
import { eventsOf } from './storeReading.ts'

let node: RealNode
const stores: EventStore[] = []
beforeAll(async () => {
  node = await realNode()
})
afterEach(async () => {
  node.trouble({})
  await node.thaw()
  for (const store of stores.splice(0)) await store.close()
})
afterAll(() => node.close())

function connect(url = node.connectionString): EventStore {
  const store = connectEventStore(url)
  stores.push(store)
  return store
}

const metadata: EventMetadata = {
  actor: { kind: 'service', name: 'test' },
  at: new Date().toISOString(),
  correlationId: 'c',
  schemaVersion: 1,
}
const renamed = (name: string): NewEvent<PodEvent> => ({
  id: randomUUID(),
  event: { type: 'PodRenamed', data: { name } },
  metadata,
})
const freshStream = () => `pod-${randomUUID()}`
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error as Error,
  )
const makeGroup = (store: EventStore) =>
  store.client.createPersistentSubscriptionToAll(
    `group-${randomUUID()}`,
    persistentSubscriptionToAllSettingsFromDefaults(),
  )

describe('after an outage that was longer than the discovery', () => {
  const impatient = () => `${node.discoverString}&maxDiscoverAttempts=2&discoveryInterval=20`

  it('a process appends, makes groups and is ready again, without being started anew', async () => {
    const store = connect(impatient())
    await store.append(freshStream(), [renamed('before')], -1)
    await makeGroup(store)
    await node.down()
    // Until the client has given up looking: that failure is what it keeps.
    await eventually(async () => {
      const error = await failureOf(makeGroup(store))
      expect(error?.message).toMatch(/Failed to discover/)
    })
    const error = await failureOf(store.append(freshStream(), [renamed('during')], -1))
    expect(isOutage(error)).toBe(true)
    expect(await store.trouble()).toMatch(
      /cannot be reached \(EVENTSTORE_URL\): 127.0.0.1:\d+: .*ECONNREFUSED/,
    )
    await node.thaw()
    await eventually(async () => expect(await store.trouble()).toBeNull())
    expect(await store.append(freshStream(), [renamed('after')], -1)).toMatchObject({ appended: true })
    await makeGroup(store)
  })

  it('a failure to ask for the methods of the server is not kept, and readiness asks the same way', async () => {
    const store = connect()
    node.trouble({ discoveryFails: true })
    expect(isOutage(await failureOf(makeGroup(store)))).toBe(true)
    expect(await store.ready()).toBe(false)
    node.trouble({})
    await eventually(async () => expect(await store.ready()).toBe(true))
    await makeGroup(store)
  })
})

describe('an append that the node gives up waiting for', () => {
  it.each(['lost', 'written'] as const)('is sent again when it was %s, and is there once', async (fate) => {
    const store = connect()
    const stream = freshStream()
    await store.append(stream, [renamed('first')], -1)
    const fates = [fate, fate]
    node.trouble({ appends: (name) => (name === stream ? (fates.shift() ?? 'right') : 'right') })
    expect(await store.append(stream, [renamed('a'), renamed('b')], 0)).toMatchObject({
      appended: true,
      revision: 2,
    })
    expect(fates).toEqual([])
    const events = await store.readStream<PodEvent>(stream)
    expect(events.map(({ data }) => data)).toEqual([{ name: 'first' }, { name: 'a' }, { name: 'b' }])
  })

  it('is told as an outage when it never comes, and a fact is sent again too', async () => {
    const store = connect()
    const stream = freshStream()
    let asked = 0
    node.trouble({ appends: (name) => (name === stream && ++asked < 4 ? 'lost' : 'right') })
    expect(isOutage(await failureOf(store.append(stream, [renamed('a')], -1)))).toBe(true)
    expect(asked).toBe(3)
    expect(await store.record(stream, [renamed('b')])).toBeGreaterThan(0n)
    expect(await store.readStream(stream)).toHaveLength(1)
  })

  it('many appends and facts at once arrive each once', async () => {
    const store = connect()
    const streams = Array.from({ length: 20 }, freshStream)
    await Promise.all(
      streams.flatMap((stream) => [
        store.append(stream, [renamed('a')], -1),
        store.append(stream, [renamed('b')], -1),
      ]),
    )
    for (const stream of streams) expect(await store.readStream(stream)).toHaveLength(1)
  })
})

describe('a frozen node', () => {
  it('is told in a bounded time', async () => {
    const store = connect()
    expect(await store.ready()).toBe(true)
    await node.freeze()
    const startedAt = performance.now()
    expect(await store.trouble()).toMatch(/is reached and does not serve: .*did not answer within 1000 ms/)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('does not hold a reading for ever', async () => {
    const store = connect()
    expect(await store.ready()).toBe(true)
    await node.freeze()
    const reading = async () => {
      for await (const _ of eventsOf(store.client.readAll({ maxCount: 1 }), 300)) continue
    }
    expect(await failureOf(reading())).toBeInstanceOf(NoAnswerInTime)
  })
})

it('a store that can be read and takes no events is in trouble, until it takes one or nobody has tried for a while', async () => {
  const store = connect()
  const stream = freshStream()
  await store.append(stream, [renamed('a')], -1)
  node.trouble({ appends: (name) => (name === stream ? 'lost' : 'right') })
  expect(isOutage(await failureOf(store.append(stream, [renamed('b')], 0)))).toBe(true)
  expect(await store.trouble()).toMatch(/^The event store can be read and takes no events: /)
  expect(await store.ready()).toBe(false)
  await store.append(freshStream(), [renamed('c')], -1)
  expect(await store.trouble()).toBeNull()
  expect(isOutage(await failureOf(store.append(stream, [renamed('d')], 0)))).toBe(true)
  expect(await store.ready()).toBe(false)
  await eventually(async () => expect(await store.ready()).toBe(true))
})

it('a node without a leader is an outage for reads and for appends', async () => {
  const store = connect()
  const stream = freshStream()
  await store.append(stream, [renamed('a')], -1)
  node.trouble({ notReady: true })
  expect(isOutage(await failureOf(store.append(stream, [renamed('b')], 0)))).toBe(true)
  expect(isOutage(await failureOf(store.readStream(stream)))).toBe(true)
  expect(await store.trouble()).toMatch(/does not serve: .*Server Is Not Ready/)
})

it('a right that is missing is named', async () => {
  const store = connect()
  node.trouble({ readAllDenied: true })
  expect(await store.trouble()).toMatch(/needs read on \$all/)
})

it.each([1, 40, 3_000])(
  'a stream of %i events whose last one cannot be read does not keep the store from closing',
  async (count) => {
    const store = connectEventStore(node.connectionString)
    const stream = freshStream()
    const events = Array.from({ length: count - 1 }, (_, n) => renamed(`name ${n}`))
    if (events.length > 0) await store.append(stream, events, -1)
    await store.client.appendToStream(stream, jsonEvent({ type: 'PodRenamed', data: { name: 5 }, metadata }))
    await expect(store.readStream(stream)).rejects.toThrow(/cannot be read: data/)
    const left = async () => {
      for await (const event of eventsOf(store.client.readStream(stream), 5_000))
        if (Number(event.revision) === count - 1) throw new Error('left at the last one')
    }
    await expect(left()).rejects.toThrow('left at the last one')
    const startedAt = performance.now()
    await store.close()
    expect(performance.now() - startedAt).toBeLessThan(4_500)
  },
)
