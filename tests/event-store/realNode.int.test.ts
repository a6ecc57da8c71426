import { once } from 'node:events'
import { connect } from 'node:net'
import {
  EventStoreDBClient,
  jsonEvent,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { realNode, type RealNode } from '../setup/realNode.ts'
import {
  all,
  collect,
  consume,
  event,
  eventsUpTo,
  eventually,
  failure,
  freshStream,
  numbers,
} from './support.ts'

let node: RealNode
let client: EventStoreDBClient

beforeAll(async () => {
  node = await realNode()
  client = EventStoreDBClient.connectionString(node.connectionString)
})
afterEach(async () => {
  node.trouble({})
  await node.thaw()
})
afterAll(async () => {
  await client.dispose()
  await node.close()
})

const filterFor = (stream: string) => ({ filter: streamNameFilter({ prefixes: [stream] }) })

async function groupOn(stream: string): Promise<string> {
  const group = `group-of-${stream}`
  const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START })
  await node.admin.createPersistentSubscriptionToAll(group, settings, filterFor(stream))
  return group
}

describe('The stand-in for a real node', () => {
  it('loses the backlog of a group that nobody consumed: what came before is never delivered, what comes later is', async () => {
    const stream = freshStream()
    const group = await groupOn(stream)
    await client.appendToStream(stream, eventsUpTo(5))
    await node.loseBacklog(group)
    const { status, stats } = await client.getPersistentSubscriptionToAllInfo(group)
    expect(status).toBe('Live')
    expect([stats.readBufferCount, Number(stats.liveBufferCount), stats.retryBufferCount]).toEqual([0, 0, 0])
    await client.appendToStream(stream, event(5))
    const subscription = client.subscribeToPersistentSubscriptionToAll(group)
    const { deliveries } = consume(subscription, ({ resolved }) => subscription.ack(resolved))
    await eventually(() => expect(numbers(deliveries.map(({ resolved }) => resolved))).toEqual([5]))
    await subscription.unsubscribe()
  })

  it('denies groups and $all to its callers, and neither to the administrator of the test', async () => {
    node.trouble({ groupsDenied: true, readAllDenied: true })
    const stream = freshStream()
    const settings = persistentSubscriptionToAllSettingsFromDefaults()
    const denied = { type: 'access-denied' }
    expect(await failure(client.createPersistentSubscriptionToAll('denied', settings))).toMatchObject(denied)
    expect(await failure(client.updatePersistentSubscriptionToAll('denied', settings))).toMatchObject(denied)
    expect(await failure(all(client.readAll({ maxCount: 1 })))).toMatchObject(denied)
    const followed = collect(client.subscribeToAll())
    await eventually(() => expect(followed.errors).toEqual([expect.objectContaining(denied)]))
    await client.appendToStream(stream, event(1))
    expect(await all(client.readStream(stream))).toHaveLength(1)
    await groupOn(stream)
    expect((await all(node.admin.readAll({ maxCount: 1 }))).length).toBe(1)
  })

  it('answers appends deadline-exceeded, written or not', async () => {
    const [lost, written] = [freshStream(), freshStream()]
    node.trouble({
      appends: (stream) => (stream === lost ? 'lost' : stream === written ? 'written' : 'right'),
    })
    const timedOut = { type: 'deadline-exceeded' }
    expect(await failure(client.appendToStream(lost, event(1)))).toMatchObject(timedOut)
    expect(await failure(client.appendToStream(written, event(1)))).toMatchObject(timedOut)
    await client.appendToStream(freshStream(), event(1))
    expect(await failure(all(client.readStream(lost)))).toMatchObject({ type: 'stream-not-found' })
    expect(await all(client.readStream(written))).toHaveLength(1)
  })

  it('is not ready for a while, on calls that are open too', async () => {
    const stream = freshStream()
    await client.appendToStream(stream, event(0))
    node.trouble({ notReady: true })
    const notReady = {
      type: 'unavailable',
      message: expect.stringContaining('Server Is Not Ready') as string,
    }
    expect(await failure(client.appendToStream(stream, event(1)))).toMatchObject(notReady)
    expect(await failure(all(client.readStream(stream)))).toMatchObject(notReady)
    node.trouble({})
    await client.appendToStream(stream, event(2))
    expect(numbers(await all(client.readStream(stream)))).toEqual([0, 2])
  })

  it('is frozen: connections are accepted, nothing is answered until it thaws', async () => {
    const stream = freshStream()
    await client.appendToStream(stream, event(0))
    await node.freeze()
    let isAnswered = false
    const pending = client.appendToStream(stream, event(1)).then(() => {
      isAnswered = true
    })
    const { port } = new URL(node.connectionString)
    const connected = connect(Number(port), '127.0.0.1')
    await once(connected, 'connect')
    connected.destroy()
    const ping = fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(300) })
    expect((await failure(ping)).name).toBe('TimeoutError')
    expect(isAnswered).toBe(false)
    await node.thaw()
    await pending
    expect(numbers(await all(client.readStream(stream)))).toEqual([0, 1])
  })

  it('is down: connections are refused, until it is back', async () => {
    await node.down()
    const other = EventStoreDBClient.connectionString(node.connectionString)
    expect(String((await failure(other.appendToStream(freshStream(), event(1)))).message)).toMatch(
      /14 UNAVAILABLE/,
    )
    await node.thaw()
    await eventually(async () => {
      await other.appendToStream(freshStream(), event(1))
    })
    await other.dispose()
  })

  it('refuses to read $all from a position that is no start of an event', async () => {
    node.trouble({ invalidPosition: (commit) => commit === 123_456 })
    const fromPosition = { commit: 123_456n, prepare: 123_456n }
    const message = expect.stringContaining('Trying to read from an invalid position') as string
    expect(await failure(all(client.readAll({ fromPosition, maxCount: 1 })))).toMatchObject({ message })
    const followed = collect(client.subscribeToAll({ fromPosition }))
    await eventually(() => expect(followed.errors).toEqual([expect.objectContaining({ message })]))
    expect(await all(client.readAll({ maxCount: 1 }))).toHaveLength(1)
  })

  it('has messages parked by another consumer, which this one is not given', async () => {
    const stream = freshStream()
    const group = await groupOn(stream)
    await client.appendToStream(stream, eventsUpTo(3))
    expect(await node.park(group, ({ event: parked }) => parked?.revision === 1n, 1)).toBe(1)
    const subscription = client.subscribeToPersistentSubscriptionToAll(group)
    const { deliveries } = consume(subscription, ({ resolved }) => subscription.ack(resolved))
    await eventually(() => expect(numbers(deliveries.map(({ resolved }) => resolved)).sort()).toEqual([0, 2]))
    const { stats } = await client.getPersistentSubscriptionToAllInfo(group)
    expect(Number(stats.parkedMessageCount)).toBe(1)
    await subscription.unsubscribe()
  })

  it('has events of its own at the end of $all, which a filtered checkpoint does not come up to', async () => {
    const stream = freshStream()
    let checkpoint = 0n
    const filter = streamNameFilter({
      prefixes: [stream],
      checkpointReached: (_, { commit }) => {
        checkpoint = commit
      },
    })
    const subscription = client.subscribeToAll({ filter })
    const followed = collect(subscription)
    await eventually(() => expect(checkpoint).toBeGreaterThan(0n))
    await client.appendToStream(stream, event(1))
    await node.writeOwnEvents(3)
    await eventually(() => expect(followed.events).toHaveLength(1))
    const [last] = await all(client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }))
    expect(last?.event?.type).toBe('$statsCollected')
    expect(checkpoint).toBeLessThan(last?.event?.position.commit ?? 0n)
    await subscription.unsubscribe()
  })

  it('fails discovery for a while, for both kinds of address', async () => {
    node.trouble({ discoveryFails: true })
    const discovering = EventStoreDBClient.connectionString(
      `${node.discoverString}&maxDiscoverAttempts=2&discoveryInterval=20`,
    )
    expect(String((await failure(discovering.appendToStream(freshStream(), event(1)))).message)).toMatch(
      /discover/i,
    )
    const direct = EventStoreDBClient.connectionString(node.connectionString)
    expect(
      String(
        (await failure(direct.appendToStream(freshStream(), jsonEvent({ type: 'A', data: {} })))).message,
      ),
    ).toMatch(/Server Is Not Ready/)
    node.trouble({})
    const later = EventStoreDBClient.connectionString(node.discoverString)
    await later.appendToStream(freshStream(), event(1))
    for (const each of [discovering, direct, later]) await each.dispose().catch(() => undefined)
  })
})
