import {
  binaryEvent,
  persistentSubscriptionToAllSettingsFromDefaults as toAllSettings,
  persistentSubscriptionToStreamSettingsFromDefaults as toStreamSettings,
  streamNameFilter,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { eager, seen, streamGroups } from './persistentSupport.ts'
import {
  all,
  consume,
  event,
  eventsUpTo,
  eventually,
  freshStream,
  isRealNode,
  numbers,
  present,
  useEventStore,
  type Delivery,
  skipOnRealNode,
} from './support.ts'

const store = useEventStore()
const { group, subscribe, info } = streamGroups(store)

const revisionOf = ({ resolved }: Delivery) => Number(present(resolved.link ?? resolved.event).revision)

describe('Delivering', () => {
  it('keeps no more messages in flight than the buffer of the consumer, and sends the next as slots free', async () => {
    const stream = await group(10)
    const subscription = subscribe(stream, 3)
    const waiting: Delivery[] = []
    const consumption = consume(subscription, (delivery) => {
      waiting.push(delivery)
      return undefined
    })
    await eventually(() => expect(waiting).toHaveLength(3))
    expect((await info(stream)).connections[0]).toMatchObject({ availableSlots: 0, inFlightMessages: 3 })
    for (let n = 0; n < 10; n++) {
      await eventually(() => expect(waiting.length).toBeGreaterThan(n))
      await subscription.ack(present(waiting[n]).resolved)
    }
    await eventually(async () => expect((await info(stream)).stats.totalInFlightMessages).toBe(0))
    expect(seen(consumption)).toEqual(Array.from({ length: 10 }, (_, n) => [n, 0]))
    await subscription.unsubscribe()
  })

  it('gives an event to one consumer of the group only, and nothing is left out', async () => {
    const stream = await group(200)
    const subscriptions = [subscribe(stream), subscribe(stream), subscribe(stream)]
    const consumptions = subscriptions.map((subscription) =>
      consume(subscription, ({ resolved }) => subscription.ack(resolved)),
    )
    await eventually(() => {
      const total = consumptions.flatMap(seen).map(([n]) => n as number)
      expect(total.sort((one, other) => one - other)).toEqual(Array.from({ length: 200 }, (_, n) => n))
    })
    for (const subscription of subscriptions) await subscription.unsubscribe()
  })

  it('resolves links, takes the id of the link as answer, and delivers links to nowhere', async () => {
    const [target, links] = [freshStream(), freshStream()]
    const link = (revision: number) =>
      binaryEvent({ type: '$>', data: Uint8Array.from(Buffer.from(`${revision}@${target}`)) })
    await store.client.appendToStream(target, eventsUpTo(2))
    await store.client.appendToStream(links, [link(0), link(7), link(1)])
    const settings = toStreamSettings({ ...eager, resolveLinkTos: true })
    await store.client.createPersistentSubscriptionToStream(links, 'group', settings)
    const subscription = subscribe(links)
    const { deliveries } = consume(subscription, ({ resolved }) => subscription.ack(resolved))
    await eventually(() => expect(deliveries).toHaveLength(3))
    expect(deliveries.map(({ resolved }) => [resolved.link?.revision, resolved.event?.revision])).toEqual([
      [0n, 0n],
      [1n, undefined],
      [2n, 1n],
    ])
    expect(present(deliveries[0]).resolved.event?.position).toEqual(
      present(deliveries[0]).resolved.link?.position,
    )
    await eventually(async () => expect((await info(links)).stats.lastCheckpointedEventRevision).toBe(2n))
    await subscription.unsubscribe()
  })

  it('hands the messages of a consumer that leaves to the others, counted as tried', async () => {
    const stream = await group(3)
    const leaving = subscribe(stream)
    const first = consume(leaving, () => undefined)
    await eventually(() => expect(first.deliveries).toHaveLength(3))
    await leaving.unsubscribe()
    const staying = subscribe(stream)
    const second = consume(staying, ({ resolved }) => staying.ack(resolved))
    await eventually(() =>
      expect(seen(second)).toEqual([
        [0, 1],
        [1, 1],
        [2, 1],
      ]),
    )
    await staying.unsubscribe()
  })
})

describe('Refusing', () => {
  it('retry delivers again, before new messages, up to the limit, and then parks', async () => {
    const stream = await group(3, { maxRetryCount: 2 })
    const subscription = subscribe(stream, 1)
    const consumption = consume(subscription, (delivery) =>
      revisionOf(delivery) === 1
        ? subscription.nack('retry', 'not now', delivery.resolved)
        : subscription.ack(delivery.resolved),
    )
    await eventually(() =>
      expect(seen(consumption)).toEqual([
        [0, 0],
        [1, 0],
        [1, 1],
        [1, 2],
        [2, 0],
      ]),
    )
    await eventually(async () => expect((await info(stream)).stats.parkedMessageCount).toBe(1n))
    const parked = await all(
      store.client.readStream(`$persistentsubscription-${stream}::group-parked`, { resolveLinkTos: true }),
    )
    expect(parked[0]?.event).toMatchObject({ streamId: stream, revision: 1n })
    expect(parked[0]?.link?.metadata).toMatchObject({ reason: 'Reached retry count of 2' })
    await eventually(async () => expect((await info(stream)).stats.lastCheckpointedEventRevision).toBe(2n))
    await subscription.unsubscribe()
  })

  it.each(['skip', 'stop'] as const)('%s is done with it', async (action) => {
    const stream = await group(3)
    const subscription = subscribe(stream)
    const consumption = consume(subscription, ({ resolved }) => subscription.nack(action, 'no', resolved))
    await eventually(async () => expect((await info(stream)).stats.lastCheckpointedEventRevision).toBe(2n))
    expect(seen(consumption)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ])
    expect((await info(stream)).stats.parkedMessageCount).toBe(0n)
    await subscription.unsubscribe()
  })

  it('park keeps it with the reason', async () => {
    const stream = await group(1)
    const subscription = subscribe(stream)
    consume(subscription, ({ resolved }) => subscription.nack('park', 'poison', resolved))
    await eventually(async () => expect((await info(stream)).stats.parkedMessageCount).toBe(1n))
    const [parked] = await all(store.client.readStream(`$persistentsubscription-${stream}::group-parked`))
    expect(parked?.event).toMatchObject({
      type: '$>',
      metadata: { reason: 'poison', subscriptionEventNumber: 0 },
    })
    expect(Buffer.from(parked?.event?.data as Uint8Array).toString()).toBe(`0@${stream}`)
    await subscription.unsubscribe()
  })

  it('silence counts as retry after the timeout', async () => {
    const stream = await group(1, { messageTimeout: 100 })
    const subscription = subscribe(stream)
    const consumption = consume(subscription, ({ resolved, retryCount }) =>
      retryCount === 1 ? subscription.ack(resolved) : undefined,
    )
    await eventually(() =>
      expect(seen(consumption)).toEqual([
        [0, 0],
        [0, 1],
      ]),
    )
    await eventually(async () => expect((await info(stream)).stats.lastCheckpointedEventRevision).toBe(0n))
    await subscription.unsubscribe()
  })

  it('ignores answers for messages that nobody waits for', async () => {
    const stream = await group(2)
    const subscription = subscribe(stream, 1)
    const consumption = consume(subscription, async ({ resolved }) => {
      await subscription.ack(resolved)
      await subscription.ack(resolved)
      await subscription.nack('park', 'late', resolved)
    })
    await eventually(() =>
      expect(seen(consumption)).toEqual([
        [0, 0],
        [1, 0],
      ]),
    )
    await eventually(async () => expect((await info(stream)).stats.lastCheckpointedEventRevision).toBe(1n))
    expect((await info(stream)).stats.parkedMessageCount).toBe(0n)
    await subscription.unsubscribe()
  })
})

describe('Replaying parked messages', () => {
  async function withParked(count: number) {
    const stream = await group(count)
    const subscription = subscribe(stream)
    const consumption = consume(subscription, ({ resolved }) =>
      resolved.link ? subscription.ack(resolved) : subscription.nack('park', 'later', resolved),
    )
    await eventually(async () => expect((await info(stream)).stats.parkedMessageCount).toBe(BigInt(count)))
    return { stream, subscription, consumption }
  }

  it('brings all of them back, as links, and empties the parked stream', async () => {
    const { stream, subscription, consumption } = await withParked(6)
    await store.client.replayParkedMessagesToStream(stream, 'group')
    await eventually(() => expect(consumption.deliveries).toHaveLength(12))
    const replayed = consumption.deliveries.slice(6)
    expect(replayed.map(({ resolved, retryCount }) => [numbers([resolved])[0], retryCount])).toEqual(
      Array.from({ length: 6 }, (_, n) => [n, 0]),
    )
    expect(replayed[0]?.resolved.link?.streamId).toBe(`$persistentsubscription-${stream}::group-parked`)
    expect((await info(stream)).stats.parkedMessageCount).toBe(0n)
    await store.client.replayParkedMessagesToStream(stream, 'group')
    await subscription.unsubscribe()
  })

  it('stops where it is told to, exactly', async () => {
    const { stream, subscription, consumption } = await withParked(20)
    await store.client.replayParkedMessagesToStream(stream, 'group', { stopAt: 4 })
    await eventually(() => expect(consumption.deliveries).toHaveLength(24))
    expect((await info(stream)).stats.parkedMessageCount).toBe(16n)
    await subscription.unsubscribe()
  })

  it('parks again what is refused again', async () => {
    const stream = await group(1)
    const subscription = subscribe(stream)
    const consumption = consume(subscription, ({ resolved }) => subscription.nack('park', 'never', resolved))
    const parkedCount = async () => (await info(stream)).stats.parkedMessageCount
    await eventually(async () => expect(await parkedCount()).toBe(1n))
    await store.client.replayParkedMessagesToStream(stream, 'group')
    await eventually(() => expect(consumption.deliveries).toHaveLength(2))
    // A real node counts by itself, and tells another number after the second time.
    await eventually(async () => {
      const count = await parkedCount()
      expect(isRealNode ? count > 0n : count === 1n).toBe(true)
    })
    await subscription.unsubscribe()
  })
})

describe('Checkpoints', () => {
  it('stop before the oldest unanswered message; a restart delivers from there', async (context) => {
    skipOnRealNode(context)
    const stream = await group(8)
    const subscription = subscribe(stream)
    const before = consume(subscription, (delivery) =>
      revisionOf(delivery) === 3 ? undefined : subscription.ack(delivery.resolved),
    )
    await eventually(() => expect(before.deliveries).toHaveLength(8))
    await eventually(async () => expect((await info(stream)).stats.lastCheckpointedEventRevision).toBe(2n))
    await store.restart()
    expect((await info(stream)).stats.lastCheckpointedEventRevision).toBe(2n)
    const again = subscribe(stream)
    const after = consume(again, ({ resolved }) => again.ack(resolved))
    await eventually(() => expect(seen(after)).toEqual([3, 4, 5, 6, 7].map((n) => [n, 0])))
    await again.unsubscribe()
  })

  it('of $all move on over events that the filter skips, and hide from $all', async () => {
    const prefix = freshStream('wanted')
    const name = freshStream('group')
    const filter = streamNameFilter({ prefixes: [prefix] })
    await store.client.createPersistentSubscriptionToAll(name, toAllSettings({ ...eager }), { filter })
    await store.client.appendToStream(prefix, event(0))
    const subscription = store.client.subscribeToPersistentSubscriptionToAll(name)
    consume(subscription, ({ resolved }) => subscription.ack(resolved))
    const skipped = await store.client.appendToStream(freshStream(), eventsUpTo(40))
    await eventually(async () => {
      const { stats } = await store.client.getPersistentSubscriptionToAllInfo(name)
      const checkpoint = present(stats.lastCheckpointedEventPosition)
      expect(checkpoint.commit).toBeGreaterThanOrEqual(present(skipped.position).commit)
    })
    const checkpoints = `$persistentsubscription-$all::${name}-checkpoint`
    const [last] = await all(
      store.client.readStream(checkpoints, { direction: 'backwards', fromRevision: 'end' }),
    )
    expect(last?.event).toMatchObject({ type: '$SubscriptionCheckpoint' })
    expect(last?.event?.data).toMatch(/^C:\d+\/P:\d+$/)
    const log = await all(store.client.readAll())
    expect(log.filter(({ event: recorded }) => recorded?.streamId === checkpoints)).toEqual([])
    await subscription.unsubscribe()
  })
})
