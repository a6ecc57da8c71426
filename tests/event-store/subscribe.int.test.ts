import {
  binaryEvent,
  END,
  eventTypeFilter,
  excludeSystemEvents,
  START,
  StreamDeletedError,
  streamNameFilter,
  type Position,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import {
  all,
  collect,
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
import { rawRead } from './rawCalls.ts'

const store = useEventStore()

async function endOfLog(): Promise<Position> {
  const [last] = await all(store.client.readAll({ direction: 'backwards', fromPosition: END, maxCount: 1 }))
  return present(last?.event?.position)
}

describe('A subscription to a stream', () => {
  it('confirms, delivers the history, says once that it has caught up, and goes on live', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(4))
    const subscription = store.client.subscribeToStream(stream)
    const collected = collect(subscription)
    await eventually(() => expect(collected.journal).toContain('caughtUp'))
    for (let n = 4; n < 7; n++) await store.client.appendToStream(stream, event(n))
    await eventually(() => expect(collected.events).toHaveLength(7))
    const at = (revision: number) => `${stream}@${revision}`
    expect(collected.journal).toEqual([
      'confirmation',
      at(0),
      at(1),
      at(2),
      at(3),
      'caughtUp',
      at(4),
      at(5),
      at(6),
    ])
    await subscription.unsubscribe()
  })

  it('starts after a revision, after the end, and beyond it', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(4))
    const starts = [2n, END, 5n] as const
    const subscriptions = starts.map((fromRevision) =>
      store.client.subscribeToStream(stream, { fromRevision }),
    )
    const collected = subscriptions.map(collect)
    await eventually(() => {
      for (const { journal } of collected) expect(journal).toContain('caughtUp')
    })
    await store.client.appendToStream(stream, [event(4), event(5), event(6)])
    await eventually(() => expect(numbers(present(collected[2]).events)).toEqual([6]))
    await eventually(() => expect(numbers(present(collected[1]).events)).toEqual([4, 5, 6]))
    expect(numbers(present(collected[0]).events)).toEqual([3, 4, 5, 6])
    for (const subscription of subscriptions) await subscription.unsubscribe()
  })

  it('waits for a stream that does not exist, and for a deleted one', async () => {
    const [missing, deleted] = [freshStream(), freshStream()]
    await store.client.appendToStream(deleted, eventsUpTo(2))
    await store.client.deleteStream(deleted)
    const waiting = [missing, deleted].map((stream) => store.client.subscribeToStream(stream))
    const collected = waiting.map(collect)
    await eventually(() => {
      for (const { journal } of collected) expect(journal).toEqual(['confirmation', 'caughtUp'])
    })
    for (const stream of [missing, deleted]) await store.client.appendToStream(stream, event(9))
    await eventually(() => {
      for (const { events } of collected) expect(numbers(events)).toEqual([9])
    })
    for (const subscription of waiting) await subscription.unsubscribe()
  })

  it('fails on a tombstoned stream without confirmation, and at the tombstone after it', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, event(0))
    const living = collect(store.client.subscribeToStream(stream))
    await eventually(() => expect(living.journal).toContain('caughtUp'))
    await store.client.tombstoneStream(stream)
    await eventually(() => expect(living.errors).toHaveLength(1))
    expect(living.errors[0]).toBeInstanceOf(StreamDeletedError)
    expect(living.events.at(-1)?.event?.type).toBe('$streamDeleted')
    const late = collect(store.client.subscribeToStream(stream))
    await eventually(() => expect(late.errors).toHaveLength(1))
    expect(late.errors[0]).toBeInstanceOf(StreamDeletedError)
    expect(late.journal).toEqual([])
  })

  it('skips hidden history and resolves links, in history and live', async () => {
    const [target, links] = [freshStream(), freshStream()]
    const link = (revision: number) =>
      binaryEvent({ type: '$>', data: Uint8Array.from(Buffer.from(`${revision}@${target}`)) })
    await store.client.appendToStream(target, eventsUpTo(3))
    await store.client.appendToStream(links, [link(0), link(1)])
    await store.client.setStreamMetadata(links, { truncateBefore: 1 })
    const subscription = store.client.subscribeToStream(links, { resolveLinkTos: true })
    const collected = collect(subscription)
    await eventually(() => expect(collected.journal).toContain('caughtUp'))
    await store.client.appendToStream(links, link(2))
    await eventually(() => expect(numbers(collected.events)).toEqual([1, 2]))
    expect(collected.events.map(({ link: own }) => own?.revision)).toEqual([1n, 2n])
    await subscription.unsubscribe()
  })

  it('misses nothing and repeats nothing while others write, wherever the history ends', async () => {
    const stream = freshStream()
    const subscriptions: ReturnType<typeof store.client.subscribeToStream>[] = []
    const collected: ReturnType<typeof collect>[] = []
    const writing: Promise<unknown>[] = []
    for (let n = 0; n < 600; n++) {
      writing.push(store.client.appendToStream(stream, event(n)))
      if (n % 60 === 0) {
        await Promise.race(writing)
        const subscription = store.client.subscribeToStream(stream)
        subscriptions.push(subscription)
        collected.push(collect(subscription))
      }
    }
    await Promise.all(writing)
    const wanted = numbers(await all(store.client.readStream(stream)))
    expect(wanted).toHaveLength(600)
    await eventually(() => {
      for (const { events } of collected) expect(events).toHaveLength(600)
    })
    for (const { events, journal } of collected) {
      expect(numbers(events)).toEqual(wanted)
      expect(journal.filter((entry) => entry === 'caughtUp')).toHaveLength(1)
    }
    for (const subscription of subscriptions) await subscription.unsubscribe()
  })
})

describe('A subscription to $all', () => {
  it('starts after a position, at the end, or from the beginning', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(3))
    const own = await all(store.client.readStream(stream))
    const fromPosition = present(own[0]?.event?.position)
    const after = store.client.subscribeToAll({ fromPosition })
    const live = store.client.subscribeToAll({ fromPosition: END })
    const whole = store.client.subscribeToAll({ fromPosition: START })
    const collected = [after, live, whole].map((subscription) => collect(subscription))
    await eventually(() => {
      for (const { journal } of collected)
        expect(journal.filter((entry) => entry === 'caughtUp')).toHaveLength(1)
    })
    await store.client.appendToStream(stream, event(3))
    await eventually(() => expect(numbers(present(collected[0]).events)).toEqual([1, 2, 3]))
    await eventually(() => expect(numbers(present(collected[1]).events)).toEqual([3]))
    const log = await all(store.client.readAll())
    await eventually(() => expect(present(collected[2]).events).toEqual(log))
    for (const subscription of [after, live, whole]) await subscription.unsubscribe()
  })

  it('filters history and live events alike', async () => {
    const type = freshStream('Type')
    const stream = freshStream()
    await store.client.appendToStream(stream, [event(0, type), event(1), event(2, type)])
    const subscription = store.client.subscribeToAll({ filter: eventTypeFilter({ prefixes: [type] }) })
    const collected = collect(subscription)
    await eventually(() => expect(collected.journal).toContain('caughtUp'))
    await store.client.appendToStream(stream, [event(3), event(4, type)])
    await eventually(() => expect(numbers(collected.events)).toEqual([0, 2, 4]))
    await subscription.unsubscribe()
    const user = store.client.subscribeToAll({ filter: excludeSystemEvents() })
    const userEvents = collect(user)
    await eventually(() => expect(userEvents.journal).toContain('caughtUp'))
    expect(userEvents.events.every(({ event: recorded }) => !recorded?.type.startsWith('$'))).toBe(true)
    await user.unsubscribe()
  })

  it('sends growing checkpoints at the interval, one at the end of history, and goes on live', async () => {
    const fromPosition = await endOfLog()
    const prefix = freshStream('nothing')
    for (let batch = 0; batch < 4; batch++) await store.client.appendToStream(freshStream(), eventsUpTo(96))
    const checkpoints: bigint[] = []
    const subscription = store.client.subscribeToAll({
      fromPosition,
      filter: streamNameFilter({
        prefixes: [prefix],
        checkpointInterval: 2,
        checkpointReached: (_, { commit }) => {
          checkpoints.push(commit)
        },
      }),
    })
    const collected = collect(subscription)
    await eventually(() => expect(collected.journal).toContain('caughtUp'))
    if (!isRealNode) {
      expect(checkpoints.length).toBeGreaterThanOrEqual(6)
      expect(checkpoints.length).toBeLessThanOrEqual(7)
      expect(checkpoints.at(-1)).toBe((await endOfLog()).commit)
    }
    const before = checkpoints.length
    await store.client.appendToStream(freshStream(), eventsUpTo(200))
    await eventually(() => expect(checkpoints.length).toBeGreaterThanOrEqual(before + 3))
    expect(checkpoints).toEqual([...new Set(checkpoints)].sort((one, other) => (one < other ? -1 : 1)))
    expect(collected.events).toEqual([])
    await subscription.unsubscribe()
  })

  it('sends the checkpoint after the event that it names', async () => {
    const fromPosition = await endOfLog()
    const stream = freshStream()
    const journal: string[] = []
    const subscription = store.client.subscribeToAll({
      fromPosition,
      filter: streamNameFilter({
        prefixes: [stream],
        maxSearchWindow: 4,
        checkpointInterval: 1,
        checkpointReached: (_, { commit }) => {
          journal.push(`checkpoint ${commit}`)
        },
      }),
    })
    subscription.on('data', ({ event: recorded }) =>
      journal.push(`event ${recorded?.position?.commit ?? ''}`),
    )
    await new Promise((resolve) => subscription.once('caughtUp', resolve))
    await store.client.appendToStream(stream, eventsUpTo(8))
    const first = fromPosition.commit + 1n
    await eventually(() => expect(journal.at(-1)).toBe(`checkpoint ${first + 7n}`))
    const from = journal.indexOf(`event ${first}`)
    const expected = Array.from({ length: 8 }, (_, index) => `event ${first + BigInt(index)}`)
    expected.splice(4, 0, `checkpoint ${first + 3n}`)
    expect(journal.slice(from)).toEqual([...expected, `checkpoint ${first + 7n}`])
    await subscription.unsubscribe()
  })

  it('refuses a checkpoint interval of 0', async () => {
    const options = {
      all: { start: {} },
      subscription: {},
      filter: { eventType: { prefix: ['x'] }, count: {}, checkpointIntervalMultiplier: 0 },
      uuidOption: { string: {} },
    }
    expect(await failure(rawRead(store.port, options))).toMatchObject({ code: 3 })
  })

  it('holds a slow reader up without losing or reordering anything, while others go on', async () => {
    const stream = freshStream('slow')
    const fromPosition = await endOfLog()
    const slow = store.client.subscribeToAll({
      fromPosition,
      filter: streamNameFilter({ prefixes: [stream] }),
    })
    slow.pause()
    const fast = store.client.subscribeToAll({
      fromPosition,
      filter: streamNameFilter({ prefixes: [stream] }),
    })
    const fastEvents = collect(fast)
    const total = 12_000
    const writing: Promise<unknown>[] = []
    for (let n = 0; n < total; n += 100) {
      const batch = Array.from({ length: 100 }, (_, index) => event(n + index))
      writing.push(store.client.appendToStream(stream, batch))
    }
    await Promise.all(writing)
    await eventually(() => expect(fastEvents.events).toHaveLength(total), 30_000)
    const slowEvents = collect(slow)
    slow.resume()
    await eventually(() => expect(slowEvents.events).toHaveLength(total), 30_000)
    expect(slowEvents.events).toEqual(fastEvents.events)
    await slow.unsubscribe()
    await fast.unsubscribe()
  })

  it('ends without an error when its client leaves, and the server forgets it', async () => {
    const subscription = store.client.subscribeToAll()
    const collected = collect(subscription)
    await eventually(() => expect(collected.journal).toContain('caughtUp'))
    await subscription.unsubscribe()
    await store.client.appendToStream(freshStream(), event(1))
    expect(collected.errors).toEqual([])
  })

  it('resumes after a restart of the server exactly where it was', async (context) => {
    skipOnRealNode(context)
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(3))
    const before = await endOfLog()
    await store.restart()
    await store.client.appendToStream(stream, eventsUpTo(2))
    const subscription = store.client.subscribeToAll({ fromPosition: before })
    const collected = collect(subscription)
    await eventually(() => expect(numbers(collected.events)).toEqual([0, 1]))
    await subscription.unsubscribe()
    expect(await failure(all(store.client.readStream(freshStream())))).toMatchObject({
      type: 'stream-not-found',
    })
  })
})
