import {
  jsonEvent,
  persistentSubscriptionToAllSettingsFromDefaults as toAllSettings,
  streamNameFilter,
  type PersistentSubscriptionToStream,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { eager, seen, streamGroups } from './persistentSupport.ts'
import { createMethod, rawUnary } from './rawCalls.ts'
import {
  consume,
  event,
  eventsUpTo,
  eventually,
  freshStream,
  useEventStore,
  type Consumption,
} from './support.ts'

const store = useEventStore()
const { group, subscribe, info } = streamGroups(store)

describe('Strategies', () => {
  it('RoundRobin takes turns', async () => {
    const stream = await group(0, { consumerStrategyName: 'RoundRobin' })
    const { consumptions, end } = await consumers(stream, 2)
    await store.client.appendToStream(stream, eventsUpTo(10))
    await eventually(() => expect(consumptions.map(({ deliveries }) => deliveries.length)).toEqual([5, 5]))
    await end()
  })

  it('DispatchToSingle fills the first, then the next', async () => {
    const stream = await group(0, { consumerStrategyName: 'DispatchToSingle' })
    const { consumptions, end } = await consumers(stream, 2, () => undefined)
    await store.client.appendToStream(stream, eventsUpTo(8))
    await eventually(() =>
      expect(consumptions.map(seen)).toEqual([
        [0, 1, 2, 3, 4].map((n) => [n, 0]),
        [5, 6, 7].map((n) => [n, 0]),
      ]),
    )
    await end()
  })

  it('Pinned sends the events of one stream to one consumer', async () => {
    const prefix = freshStream('pinned')
    const name = freshStream('group')
    const settings = toAllSettings({ ...eager, consumerStrategyName: 'Pinned' })
    const filter = streamNameFilter({ prefixes: [prefix] })
    await store.client.createPersistentSubscriptionToAll(name, settings, { filter })
    const subscriptions = [1, 2, 3].map(() => store.client.subscribeToPersistentSubscriptionToAll(name))
    const consumptions = subscriptions.map((subscription) =>
      consume(subscription, ({ resolved }) => subscription.ack(resolved)),
    )
    await eventually(async () =>
      expect((await store.client.getPersistentSubscriptionToAllInfo(name)).connections).toHaveLength(3),
    )
    const streams = Array.from({ length: 24 }, (_, n) => `${prefix}-${n}`)
    for (const stream of [...streams, ...streams]) await store.client.appendToStream(stream, event(1))
    await eventually(() => expect(consumptions.flatMap(({ deliveries }) => deliveries)).toHaveLength(48))
    const perConsumer = consumptions.map(
      ({ deliveries }) => new Set(deliveries.map(({ resolved }) => resolved.event?.streamId)),
    )
    expect(perConsumer.reduce((sum, own) => sum + own.size, 0)).toBe(24)
    expect(perConsumer.filter((own) => own.size > 0).length).toBeGreaterThan(1)
    for (const subscription of subscriptions) await subscription.unsubscribe()
  })

  it('Pinned by correlation keeps what belongs together at one consumer', async () => {
    const stream = freshStream()
    await rawUnary(store.port, createMethod, {
      options: {
        streamIdentifier: { streamName: Buffer.from(stream) },
        groupName: 'group',
        settings: {
          consumerStrategy: 'PinnedByCorrelation',
          readBatchSize: 20,
          historyBufferSize: 500,
          messageTimeoutMs: 30_000,
        },
      },
    })
    const { consumptions, end } = await consumers(stream, 3)
    const correlated = Array.from({ length: 30 }, (_, n) =>
      jsonEvent({ type: 'Correlated', data: { n }, metadata: { $correlationId: `c${n % 10}` } }),
    )
    await store.client.appendToStream(stream, correlated)
    await eventually(() => expect(consumptions.flatMap(({ deliveries }) => deliveries)).toHaveLength(30))
    const owners = consumptions.map(
      ({ deliveries }) =>
        new Set(
          deliveries.map(
            ({ resolved }) => (resolved.event?.metadata as { $correlationId: string }).$correlationId,
          ),
        ),
    )
    expect(owners.reduce((sum, own) => sum + own.size, 0)).toBe(10)
    await end()
  })

  async function consumers(stream: string, count: number, answer?: () => undefined) {
    const subscriptions: PersistentSubscriptionToStream[] = []
    const consumptions: Consumption[] = []
    for (let joined = 0; joined < count; joined++) {
      const subscription = subscribe(stream, 5)
      subscriptions.push(subscription)
      consumptions.push(consume(subscription, answer ?? (({ resolved }) => subscription.ack(resolved))))
      await eventually(async () => expect((await info(stream)).connections).toHaveLength(joined + 1))
    }
    const end = async () => {
      for (const subscription of subscriptions) await subscription.unsubscribe()
    }
    return { consumptions, end }
  }
})
