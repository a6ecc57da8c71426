import { randomUUID } from 'node:crypto'
import {
  binaryEvent,
  DeadlineExceededError,
  jsonEvent,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import {
  all,
  event,
  eventsUpTo,
  failure,
  freshStream,
  numbers,
  present,
  revisions,
  useEventStore,
} from './support.ts'
import { openAppend, proposed, rawBatchAppend } from './rawCalls.ts'

const store = useEventStore()
const credentials = { username: 'admin', password: 'changeit' }
const ways = [
  { name: 'by batch', options: {} },
  { name: 'classically', options: { credentials } },
] as const

describe.each(ways)('Appending $name', ({ options }) => {
  it('numbers events from 0 and reports the last revision and its position', async () => {
    const stream = freshStream()
    const first = await store.client.appendToStream(stream, eventsUpTo(3), options)
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 2n })
    const second = await store.client.appendToStream(stream, event(3), { ...options, expectedRevision: 2n })
    expect(second.nextExpectedRevision).toBe(3n)
    const events = await all(store.client.readStream(stream))
    expect(numbers(events)).toEqual([0, 1, 2, 3])
    expect(revisions(events)).toEqual([0n, 1n, 2n, 3n])
    expect(present(events[2]).event?.position).toEqual(first.position)
    expect(present(events[3]).event?.position).toEqual(second.position)
    expect(present(second.position).commit).toBeGreaterThan(present(first.position).commit)
  })

  it('keeps data, metadata, type, id and kind as they were', async () => {
    const stream = freshStream()
    const json = jsonEvent({
      id: randomUUID(),
      type: 'a',
      data: { deep: [1, { x: 'ü' }] },
      metadata: { actor: 'me' },
    })
    const binary = binaryEvent({
      id: randomUUID(),
      type: 'b',
      data: Uint8Array.from([0, 255, 1]),
      metadata: Uint8Array.from([1, 0, 254]),
    })
    const before = Date.now()
    await store.client.appendToStream(stream, [json, binary], options)
    const [first, second] = await all(store.client.readStream(stream))
    expect(first?.event).toMatchObject({
      id: json.id,
      type: 'a',
      isJson: true,
      data: json.data,
      metadata: json.metadata,
    })
    expect(second?.event).toMatchObject({ id: binary.id, type: 'b', isJson: false })
    expect([...(second?.event?.data as Uint8Array)]).toEqual([0, 255, 1])
    expect([...(second?.event?.metadata as Uint8Array)]).toEqual([1, 0, 254])
    const created = present(first?.event).created.getTime()
    expect(created).toBeGreaterThanOrEqual(before - 1)
    expect(created).toBeLessThanOrEqual(Date.now() + 1)
  })

  it('refuses a wrong expected revision as a response, and tells the actual one', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(2), options)
    const behind = await failure(
      store.client.appendToStream(stream, event(9), { ...options, expectedRevision: 0n }),
    )
    expect(behind).toBeInstanceOf(WrongExpectedVersionError)
    expect(behind).toMatchObject({ expectedVersion: 0n, actualVersion: 1n })
    const ahead = await failure(
      store.client.appendToStream(stream, event(9), { ...options, expectedRevision: 7n }),
    )
    expect(ahead).toMatchObject({ type: 'wrong-expected-version', expectedVersion: 7n, actualVersion: 1n })
    const existing = store.client.appendToStream(stream, event(9), {
      ...options,
      expectedRevision: 'no_stream',
    })
    expect(await failure(existing)).toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n })
    expect(await all(store.client.readStream(stream))).toHaveLength(2)
  })

  it('wants an existing stream where one is expected, and counts metadata as existing', async () => {
    const stream = freshStream()
    const missing = store.client.appendToStream(stream, event(1), {
      ...options,
      expectedRevision: 'stream_exists',
    })
    expect(await failure(missing)).toMatchObject({
      type: 'wrong-expected-version',
      actualVersion: 'no_stream',
    })
    await store.client.setStreamMetadata(stream, { maxCount: 10 })
    const written = await store.client.appendToStream(stream, event(1), {
      ...options,
      expectedRevision: 'stream_exists',
    })
    expect(written.nextExpectedRevision).toBe(0n)
  })

  it('takes a repetition of an exact revision as done, with the old revision and position', async () => {
    const stream = freshStream()
    const events = eventsUpTo(3)
    const expected = { ...options, expectedRevision: 'no_stream' } as const
    const first = await store.client.appendToStream(stream, events, expected)
    await store.client.appendToStream(stream, event(3), options)
    const repeated = await store.client.appendToStream(stream, events, expected)
    expect(repeated).toEqual(first)
    const part = await store.client.appendToStream(stream, [present(events[1]), present(events[2])], {
      ...options,
      expectedRevision: 0n,
    })
    expect(part).toEqual(first)
    const otherwise = [present(events[0]), event(1)]
    expect(await failure(store.client.appendToStream(stream, otherwise, expected))).toBeInstanceOf(
      WrongExpectedVersionError,
    )
    const tooMany = [...events, event(3), event(4)]
    expect(await failure(store.client.appendToStream(stream, tooMany, expected))).toBeInstanceOf(
      WrongExpectedVersionError,
    )
    expect(await all(store.client.readStream(stream))).toHaveLength(4)
  })

  it.each(['any', 'stream_exists'] as const)(
    'knows repeated ids when %s is expected',
    async (expectedRevision) => {
      const stream = freshStream()
      const [one, two] = [event(1), event(2)]
      const first = await store.client.appendToStream(stream, [one, two], options)
      await store.client.appendToStream(stream, event(3), options)
      const expected = { ...options, expectedRevision }
      expect(await store.client.appendToStream(stream, [one, two], expected)).toEqual(first)
      expect((await store.client.appendToStream(stream, [two, one], expected)).nextExpectedRevision).toBe(0n)
      expect(await failure(store.client.appendToStream(stream, [one, event(4)], expected))).toBeInstanceOf(
        WrongExpectedVersionError,
      )
      const newFirst = await store.client.appendToStream(stream, [event(4), one], expected)
      expect(newFirst.nextExpectedRevision).toBe(4n)
      const otherStream = await store.client.appendToStream(freshStream(), [one, two], options)
      expect(otherStream.nextExpectedRevision).toBe(1n)
    },
  )

  it('stores the same id twice when one append says so', async () => {
    const stream = freshStream()
    const twin = event(1)
    await store.client.appendToStream(stream, [twin, twin], options)
    expect(await all(store.client.readStream(stream))).toHaveLength(2)
  })

  it('writes nothing for no events, but checks the expectation', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(2), options)
    const end = await all(store.client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }))
    const nothing = await store.client.appendToStream(stream, [], { ...options, expectedRevision: 1n })
    expect(nothing).toMatchObject({ success: true, nextExpectedRevision: 1n })
    const wrong = store.client.appendToStream(stream, [], { ...options, expectedRevision: 0n })
    expect(await failure(wrong)).toBeInstanceOf(WrongExpectedVersionError)
    expect(
      await all(store.client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 })),
    ).toEqual(end)
  })

  it('refuses an append over the limit as a whole and goes on with the next', async () => {
    const stream = freshStream()
    const tooLarge = Array.from({ length: 40_000 }, () =>
      jsonEvent({ type: 'Large', data: { text: 'x'.repeat(20) } }),
    )
    const error = await failure(store.client.appendToStream(stream, tooLarge, options))
    expect(error).toBeInstanceOf(MaxAppendSizeExceededError)
    expect(error).toMatchObject({ maxAppendSize: 1_048_576 })
    await store.client.appendToStream(stream, event(1), options)
    expect(await all(store.client.readStream(stream))).toHaveLength(1)
  })

  it('refuses a tombstoned stream', async () => {
    const stream = freshStream()
    await store.client.tombstoneStream(stream)
    const error = await failure(store.client.appendToStream(stream, event(1), options))
    expect(error).toBeInstanceOf(StreamDeletedError)
    expect(error).toMatchObject({ streamName: stream })
  })
})

describe('The batch call', () => {
  it('checks the deadline before the size', async () => {
    const error = await failure(
      store.client.appendToStream(freshStream(), eventsUpTo(30_000), { deadline: 1 }),
    )
    expect(error).toBeInstanceOf(DeadlineExceededError)
  })

  it('answers 10,000 appends at once, each in its order', async () => {
    const streams = Array.from({ length: 10 }, () => freshStream('flood'))
    const appends = Array.from({ length: 10_000 }, (_, n) =>
      store.client.appendToStream(present(streams[n % 10]), event(n), { deadline: 60_000 }),
    )
    const results = await Promise.all(appends)
    expect(results.every((result) => result.success)).toBe(true)
    const events = await all(store.client.readStream(present(streams[3])))
    expect(numbers(events)).toEqual(Array.from({ length: 1000 }, (_, index) => index * 10 + 3))
  }, 60_000)

  it('lets two clients race for a revision: one wins, the other hears of it', async () => {
    const stream = freshStream()
    const rival = store.connect()
    for (let round = 0; round < 20; round++) {
      const expectedRevision = round === 0 ? 'no_stream' : BigInt(round - 1)
      const outcomes = await Promise.allSettled(
        [store.client, rival].map((client) =>
          client.appendToStream(stream, event(round), { expectedRevision }),
        ),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
    expect(numbers(await all(store.client.readStream(stream)))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    )
  })

  it('collects an append from many frames and commits it at the final one', async () => {
    const stream = freshStream()
    const result = await store.client.appendToStream(stream, eventsUpTo(50), { batchAppendSize: 300 })
    expect(result.nextExpectedRevision).toBe(49n)
    expect(numbers(await all(store.client.readStream(stream)))).toEqual(
      Array.from({ length: 50 }, (_, n) => n),
    )
  })

  const frame = (id: string, more: object) => ({ correlationId: { string: id }, ...more })
  const options = (stream: string) => ({
    streamIdentifier: { streamName: Buffer.from(stream) },
    any: {},
    deadline: { seconds: '10', nanos: 0 },
  })

  it('never answers frames of an append it has not heard of, nor a failed one twice', async () => {
    const [unknown, broken, good] = [randomUUID(), randomUUID(), randomUUID()]
    const stream = freshStream()
    const answers = await rawBatchAppend(store.port, [
      frame(unknown, { proposedMessages: [proposed()], isFinal: true }),
      frame(broken, { options: options(stream), proposedMessages: [proposed('')] }),
      frame(broken, { proposedMessages: [proposed()] }),
      frame(broken, { proposedMessages: [proposed()], isFinal: true }),
      frame(good, { options: options(stream), proposedMessages: [proposed()], isFinal: true }),
    ])
    const byId = answers.map((answer) => [answer.correlationId.string, answer.error?.message])
    expect(byId.sort()).toEqual(
      [
        [broken, 'BadRequest'],
        [good, undefined],
      ].sort(),
    )
    expect(await all(store.client.readStream(stream))).toHaveLength(1)
  })

  it('gives every error details and a stream, without which the client would crash', async () => {
    const tombstoned = freshStream()
    await store.client.tombstoneStream(tombstoned)
    const late = {
      ...options(freshStream()),
      deadline: undefined,
      deadline_21_10_0: { seconds: '1', nanos: 0 },
    }
    const large = { ...proposed(), data: Buffer.alloc(1_100_000) }
    const answers = await rawBatchAppend(store.port, [
      frame(randomUUID(), { options: options(tombstoned), proposedMessages: [proposed()], isFinal: true }),
      frame(randomUUID(), { options: options(''), proposedMessages: [proposed()], isFinal: true }),
      frame(randomUUID(), { options: late, proposedMessages: [proposed()], isFinal: true }),
      frame(randomUUID(), { options: options(freshStream()), proposedMessages: [large], isFinal: true }),
      frame(randomUUID(), {
        options: { ...options(freshStream()), any: undefined, streamExists: {} },
        proposedMessages: [proposed()],
        isFinal: true,
      }),
    ])
    const seen = answers.map(({ error, streamIdentifier }) => {
      expect(streamIdentifier).toBeTruthy()
      return [error?.code, error?.message, error?.details.type_url]
    })
    const details = (name: string) => `type.googleapis.com/event_store.client.${name}`
    expect(seen.sort()).toEqual(
      [
        [5, 'StreamDeleted', details('StreamDeleted')],
        [3, 'BadRequest', details('BadRequest')],
        [4, 'Timeout', details('Timeout')],
        [3, 'MaximumAppendSizeExceeded', details('MaximumAppendSizeExceeded')],
        [6, 'WrongExpectedVersion', details('WrongExpectedVersion')],
      ].sort(),
    )
  })

  it('times an append out whose final frame never comes', async () => {
    const unfinished = { ...options(freshStream()), deadline: { seconds: '0', nanos: 300_000_000 } }
    const answers = await rawBatchAppend(store.port, [
      frame(randomUUID(), { options: unfinished, proposedMessages: [proposed()] }),
    ])
    expect(answers.map(({ error }) => error?.message)).toEqual(['Timeout'])
  })
})

describe('The classic append', () => {
  it('names the metadata that an event lacks', async () => {
    const append = openAppend(store.port, freshStream())
    const refused = expect(append.answer).rejects.toMatchObject({ code: 3 })
    await append.sent
    await append.write({ proposedMessage: { id: { string: randomUUID() }, metadata: { type: 'x' } } })
    await refused
    const error = await failure(append.answer)
    expect((error.metadata as { getMap(): object }).getMap()).toMatchObject({
      exception: 'missing-required-metadata-property',
    })
  })

  it('answers a wrong revision in both the old and the new fields', async () => {
    const append = openAppend(store.port, freshStream())
    await append.sent
    await append.write({
      options: { streamIdentifier: { streamName: Buffer.from(freshStream()) }, revision: '5' },
    })
    await append.write({ proposedMessage: proposed() })
    append.end()
    expect((await append.answer).wrongExpectedVersion).toMatchObject({
      currentNoStream: {},
      noStream_20_6_0: {},
      expectedRevision: '5',
      expectedRevision_20_6_0: '5',
    })
  })
})
