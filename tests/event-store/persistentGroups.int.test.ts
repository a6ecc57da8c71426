import {
  END,
  eventTypeFilter,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionDroppedError,
  PersistentSubscriptionExistsError,
  PersistentSubscriptionFailedError,
  PersistentSubscriptionMaximumSubscribersReachedError,
  persistentSubscriptionToAllSettingsFromDefaults as toAllSettings,
  persistentSubscriptionToStreamSettingsFromDefaults as toStreamSettings,
  START,
  type PersistentSubscriptionToStream,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { createMethod, rawUnary } from './rawCalls.ts'
import {
  all,
  consume,
  event,
  eventsUpTo,
  eventually,
  failure,
  freshStream,
  numbers,
  present,
  useEventStore,
  isRealNode,
  skipOnRealNode,
} from './support.ts'

const store = useEventStore()

async function filled(count: number): Promise<string> {
  const stream = freshStream()
  await store.client.appendToStream(stream, eventsUpTo(count))
  return stream
}

function acknowledging(subscription: PersistentSubscriptionToStream) {
  return consume(subscription, ({ resolved }) => subscription.ack(resolved))
}

describe('Creating a group', () => {
  it.each<{ startFrom: bigint | typeof START | typeof END; expected: number[] }>([
    { startFrom: START, expected: [0, 1, 2, 3, 4] },
    { startFrom: 1n, expected: [1, 2, 3, 4] },
    { startFrom: END, expected: [4] },
  ])('on a stream starts at $startFrom, itself included', async ({ startFrom, expected }) => {
    const stream = await filled(4)
    await store.client.createPersistentSubscriptionToStream(stream, 'group', toStreamSettings({ startFrom }))
    await store.client.appendToStream(stream, event(4))
    const subscription = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const { deliveries } = acknowledging(subscription)
    await eventually(() => expect(numbers(deliveries.map(({ resolved }) => resolved))).toEqual(expected))
    expect(deliveries.every(({ retryCount }) => retryCount === 0)).toBe(true)
    await subscription.unsubscribe()
  })

  it('on $all starts at a position, itself included, and filters', async () => {
    const type = freshStream('Type')
    const stream = freshStream()
    await store.client.appendToStream(stream, [event(0, type), event(1, type), event(2), event(3, type)])
    const [, second] = await all(store.client.readStream(stream))
    const startFrom = present(second?.event?.position)
    const group = freshStream('group')
    const filter = eventTypeFilter({ prefixes: [type] })
    await store.client.createPersistentSubscriptionToAll(group, toAllSettings({ startFrom }), { filter })
    const subscription = store.client.subscribeToPersistentSubscriptionToAll(group)
    const { deliveries } = consume(subscription, ({ resolved }) => subscription.ack(resolved))
    await store.client.appendToStream(stream, event(4, type))
    await eventually(() => expect(numbers(deliveries.map(({ resolved }) => resolved))).toEqual([1, 3, 4]))
    await subscription.unsubscribe()
  })

  it('from the end means the end at creation, also after a restart', async (context) => {
    skipOnRealNode(context)
    const stream = await filled(2)
    await store.client.createPersistentSubscriptionToStream(
      stream,
      'group',
      toStreamSettings({ startFrom: END }),
    )
    await store.client.appendToStream(stream, event(2))
    await store.restart()
    const subscription = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const { deliveries } = acknowledging(subscription)
    await eventually(() => expect(numbers(deliveries.map(({ resolved }) => resolved))).toEqual([2]))
    await subscription.unsubscribe()
  })

  it('works for a stream that does not exist yet, and for a start that lies ahead', async () => {
    const stream = freshStream()
    await store.client.createPersistentSubscriptionToStream(
      stream,
      'group',
      toStreamSettings({ startFrom: 2n }),
    )
    const subscription = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const { deliveries } = acknowledging(subscription)
    await store.client.appendToStream(stream, eventsUpTo(4))
    await eventually(() => expect(numbers(deliveries.map(({ resolved }) => resolved))).toEqual([2, 3]))
    await subscription.unsubscribe()
  })

  it('fails twice under one name, for unfit settings and for impossible starts', async () => {
    const stream = freshStream()
    const create = (settings: Parameters<typeof toStreamSettings>[0]) =>
      store.client.createPersistentSubscriptionToStream(stream, 'group', toStreamSettings(settings))
    expect(await failure(create({ readBatchSize: 50, historyBufferSize: 50 }))).toBeInstanceOf(
      PersistentSubscriptionFailedError,
    )
    const nobody = {
      options: {
        streamIdentifier: { streamName: Buffer.from(stream) },
        groupName: 'group',
        settings: { readBatchSize: 1, historyBufferSize: 2, consumerStrategy: 'Nobody' },
      },
    }
    const unknown = await failure(rawUnary(store.port, createMethod, nobody))
    expect(unknown).toMatchObject({ code: 13 })
    expect(String(unknown.message)).toContain('Consumer strategy Nobody does not exist.')
    await create({})
    const exists = await failure(create({}))
    expect(exists).toBeInstanceOf(PersistentSubscriptionExistsError)
    expect(exists.message).toBe(`6 ALREADY_EXISTS: Subscription group group on stream ${stream} exists.`)
    const beyond = { commit: 2n ** 60n, prepare: 2n ** 60n }
    const ahead = store.client.createPersistentSubscriptionToAll(stream, toAllSettings({ startFrom: beyond }))
    expect(await failure(ahead)).toBeInstanceOf(PersistentSubscriptionFailedError)
    const onAll = store.client.createPersistentSubscriptionToStream('$all', 'group', toStreamSettings())
    expect(await failure(onAll)).toBeInstanceOf(PersistentSubscriptionFailedError)
  })
})

describe('Changing a group', () => {
  it('drops the consumers, takes the new settings and starts from the checkpoint', async () => {
    const stream = await filled(6)
    const settings = toStreamSettings({ startFrom: START, checkPointUpperBound: 1, checkPointLowerBound: 1 })
    await store.client.createPersistentSubscriptionToStream(stream, 'group', settings)
    const first = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const before = consume(first, ({ resolved }) =>
      (resolved.event?.revision ?? 0n) < 3n ? first.ack(resolved) : undefined,
    )
    const stats = async () =>
      (await store.client.getPersistentSubscriptionToStreamInfo(stream, 'group')).stats
    await eventually(async () => expect((await stats()).lastCheckpointedEventRevision).toBe(2n))
    await store.client.updatePersistentSubscriptionToStream(
      stream,
      'group',
      toStreamSettings({ startFrom: START, maxRetryCount: 3 }),
    )
    await eventually(() => expect(before.errors).toHaveLength(1))
    expect(before.errors[0]).toBeInstanceOf(PersistentSubscriptionDroppedError)
    const info = await store.client.getPersistentSubscriptionToStreamInfo(stream, 'group')
    expect(info.settings.maxRetryCount).toBe(3)
    const second = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const after = acknowledging(second)
    await eventually(() => expect(after.deliveries).toHaveLength(3))
    expect(after.deliveries.map(({ resolved, retryCount }) => [numbers([resolved])[0], retryCount])).toEqual([
      [3, 0],
      [4, 0],
      [5, 0],
    ])
    await second.unsubscribe()
  })

  it('deletes it with its checkpoint, drops the consumers, and forgets it', async () => {
    const stream = await filled(2)
    const settings = toStreamSettings({ startFrom: START, checkPointUpperBound: 1, checkPointLowerBound: 1 })
    await store.client.createPersistentSubscriptionToStream(stream, 'group', settings)
    const subscription = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const consumption = acknowledging(subscription)
    await eventually(() => expect(consumption.deliveries).toHaveLength(2))
    const checkpoints = `$persistentsubscription-${stream}::group-checkpoint`
    await eventually(async () =>
      expect((await all(store.client.readStream(checkpoints))).at(-1)?.event?.data).toBe('1'),
    )
    await store.client.deletePersistentSubscriptionToStream(stream, 'group')
    await eventually(() => expect(consumption.errors).toHaveLength(1))
    expect(consumption.errors[0]).toBeInstanceOf(PersistentSubscriptionDroppedError)
    expect(await failure(all(store.client.readStream(checkpoints)))).toMatchObject({
      type: 'stream-not-found',
    })
    const again = await failure(store.client.deletePersistentSubscriptionToStream(stream, 'group'))
    expect(again).toBeInstanceOf(PersistentSubscriptionDoesNotExistError)
    expect(again.message).toBe(`5 NOT_FOUND: Subscription group group on stream ${stream} does not exist.`)
    expect(await store.client.listPersistentSubscriptionsToStream(stream)).toEqual([])
    await store.client.createPersistentSubscriptionToStream(stream, 'group', settings)
    const fresh = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const { deliveries } = acknowledging(fresh)
    await eventually(() => expect(numbers(deliveries.map(({ resolved }) => resolved))).toEqual([0, 1]))
    await fresh.unsubscribe()
  })

  it('refuses what is not there', async () => {
    const stream = freshStream()
    const attempts = [
      store.client.updatePersistentSubscriptionToStream(stream, 'none', toStreamSettings()),
      store.client.getPersistentSubscriptionToStreamInfo(stream, 'none'),
      store.client.replayParkedMessagesToStream(stream, 'none'),
      store.client.deletePersistentSubscriptionToAll('none'),
    ]
    for (const error of await Promise.all(attempts.map(failure))) {
      expect(error).toBeInstanceOf(PersistentSubscriptionDoesNotExistError)
    }
    const { errors } = acknowledging(store.client.subscribeToPersistentSubscriptionToStream(stream, 'none'))
    await eventually(() => expect(errors[0]).toBeInstanceOf(PersistentSubscriptionDoesNotExistError))
  })
})

describe('Asking about groups', () => {
  it('echoes every setting', async () => {
    const stream = freshStream()
    const settings = {
      startFrom: 5n,
      resolveLinkTos: true,
      extraStatistics: true,
      messageTimeout: 12_345,
      maxRetryCount: 4,
      checkPointAfter: 1234,
      checkPointLowerBound: 3,
      checkPointUpperBound: 33,
      maxSubscriberCount: 6,
      liveBufferSize: 77,
      readBatchSize: 7,
      historyBufferSize: 70,
      consumerStrategyName: 'Pinned',
    } as const
    await store.client.createPersistentSubscriptionToStream(stream, 'group', toStreamSettings(settings))
    const info = await store.client.getPersistentSubscriptionToStreamInfo(stream, 'group')
    expect(info).toMatchObject({ eventSource: stream, groupName: 'group', settings })
    if (!isRealNode) await store.restart()
    expect((await store.client.getPersistentSubscriptionToStreamInfo(stream, 'group')).settings).toEqual(
      info.settings,
    )
    for (const startFrom of [START, END] as const) {
      const group = freshStream('group')
      await store.client.createPersistentSubscriptionToAll(group, toAllSettings({ startFrom }))
      expect((await store.client.getPersistentSubscriptionToAllInfo(group)).settings.startFrom).toBe(
        startFrom,
      )
    }
  })

  it('counts what happens and names the connections', async () => {
    const stream = await filled(5)
    const settings = toStreamSettings({ startFrom: START, extraStatistics: true })
    await store.client.createPersistentSubscriptionToStream(stream, 'group', settings)
    const subscription = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group', {
      bufferSize: 4,
    })
    const { deliveries } = consume(subscription, ({ resolved }) =>
      (resolved.event?.revision ?? 0n) < 2n ? subscription.ack(resolved) : undefined,
    )
    await eventually(() => expect(deliveries).toHaveLength(5))
    await eventually(async () => {
      const { stats } = await store.client.getPersistentSubscriptionToStreamInfo(stream, 'group')
      expect(stats.totalInFlightMessages).toBe(3)
    })
    const info = await store.client.getPersistentSubscriptionToStreamInfo(stream, 'group')
    expect(info.status).toBe('Live')
    expect(info.stats).toMatchObject({
      totalItems: 5n,
      outstandingMessagesCount: 3,
      lastKnownEventRevision: 4n,
    })
    expect(info.connections).toHaveLength(1)
    const [connection] = info.connections
    expect(connection).toMatchObject({
      username: 'system',
      connectionName: store.client.connectionName,
      totalItems: 5n,
      availableSlots: 1,
      inFlightMessages: 3,
    })
    expect(connection?.from).toMatch(/^127\.0\.0\.1:\d+$/)
    const measured = [...present(connection?.extraStatistics).keys()]
    expect(measured).toEqual(expect.arrayContaining(['mean', 'median', 'quintile 3', '99.9%', 'highest']))
    await subscription.unsubscribe()
  })

  it('lists all groups, those of one source, and refuses sources without any', async () => {
    const stream = freshStream('listed')
    await store.client.createPersistentSubscriptionToStream(stream, 'one', toStreamSettings())
    await store.client.createPersistentSubscriptionToStream(stream, 'two', toStreamSettings())
    const group = freshStream('group')
    await store.client.createPersistentSubscriptionToAll(group, toAllSettings())
    const own = await store.client.listPersistentSubscriptionsToStream(stream)
    expect(own.map(({ groupName }) => groupName).sort()).toEqual(['one', 'two'])
    const onAll = await store.client.listPersistentSubscriptionsToAll()
    expect(onAll.map(({ groupName }) => groupName)).toContain(group)
    const everything = await store.client.listAllPersistentSubscriptions()
    const sources = everything.map(({ eventSource }) => eventSource)
    expect(sources).toEqual([...sources].sort())
    expect(sources).toEqual(expect.arrayContaining(['$all', stream]))
    const nobody = freshStream()
    const error = await failure(store.client.listPersistentSubscriptionsToStream(nobody))
    expect(error.message).toBe(`5 NOT_FOUND: Subscription group  on stream ${nobody} does not exist.`)
  })

  it('allows as many consumers as the settings say', async () => {
    const stream = await filled(1)
    await store.client.createPersistentSubscriptionToStream(
      stream,
      'group',
      toStreamSettings({ maxSubscriberCount: 1 }),
    )
    const first = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    await new Promise((resolve) => first.once('confirmation', resolve))
    const second = acknowledging(store.client.subscribeToPersistentSubscriptionToStream(stream, 'group'))
    await eventually(() =>
      expect(second.errors[0]).toBeInstanceOf(PersistentSubscriptionMaximumSubscribersReachedError),
    )
    await first.unsubscribe()
    await eventually(async () => {
      const third = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
      const confirmed = new Promise((resolve, reject) => {
        third.once('confirmation', resolve)
        third.once('error', reject)
      })
      await confirmed
      await third.unsubscribe()
    })
  })

  it('restarts the subsystem: consumers are dropped, everything after the checkpoint comes again', async () => {
    const stream = await filled(2)
    await store.client.createPersistentSubscriptionToStream(
      stream,
      'group',
      toStreamSettings({ startFrom: START }),
    )
    const before = consume(
      store.client.subscribeToPersistentSubscriptionToStream(stream, 'group'),
      () => undefined,
    )
    await eventually(() => expect(before.deliveries).toHaveLength(2))
    await store.client.restartPersistentSubscriptionSubsystem()
    await eventually(() => expect(before.errors[0]).toBeInstanceOf(PersistentSubscriptionDroppedError))
    const subscription = store.client.subscribeToPersistentSubscriptionToStream(stream, 'group')
    const after = acknowledging(subscription)
    await eventually(() => expect(after.deliveries.map(({ retryCount }) => retryCount)).toEqual([0, 0]))
    await subscription.unsubscribe()
  })
})
