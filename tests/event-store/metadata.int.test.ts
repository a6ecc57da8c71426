import { randomUUID } from 'node:crypto'
import {
  jsonEvent,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import {
  all,
  event,
  eventsUpTo,
  eventually,
  failure,
  freshStream,
  numbers,
  present,
  revisions,
  useEventStore,
} from './support.ts'
import { proposed, rawBatchAppend } from './rawCalls.ts'

const store = useEventStore()

async function filled(count: number): Promise<string> {
  const stream = freshStream()
  await store.client.appendToStream(stream, eventsUpTo(count))
  return stream
}

describe('Stream metadata', () => {
  it('comes back verbatim, with its own keys', async () => {
    const stream = await filled(1)
    expect((await store.client.getStreamMetadata(stream)).metadata).toBeUndefined()
    const metadata = {
      maxCount: 7,
      maxAge: 1000,
      cacheControl: 5,
      truncateBefore: 0,
      acl: { readRoles: ['a'], writeRoles: ['b'] },
      owner: { team: 'pod' },
    }
    await store.client.setStreamMetadata(stream, metadata)
    const read = await store.client.getStreamMetadata(stream)
    expect(read).toMatchObject({ streamName: stream, metadata })
  })

  it('$maxCount shows the last events only, in every direction', async () => {
    const stream = await filled(5)
    await store.client.setStreamMetadata(stream, { maxCount: 2 })
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([3, 4])
    expect(numbers(await all(store.client.readStream(stream, { fromRevision: 1n })))).toEqual([3, 4])
    const backwards = store.client.readStream(stream, { direction: 'backwards', fromRevision: 'end' })
    expect(numbers(await all(backwards))).toEqual([4, 3])
    await store.client.appendToStream(stream, event(5))
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([4, 5])
  })

  it('$tb hides what is before, and all of it gives an empty stream, not a missing one', async () => {
    const stream = await filled(4)
    await store.client.setStreamMetadata(stream, { truncateBefore: 2 })
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([2, 3])
    await store.client.setStreamMetadata(stream, { truncateBefore: 100 })
    expect(await all(store.client.readStream(stream))).toEqual([])
  })

  it('$maxAge hides what is older', async () => {
    const stream = await filled(2)
    await store.client.setStreamMetadata(stream, { maxAge: 1 })
    await eventually(async () => expect(await all(store.client.readStream(stream))).toEqual([]))
    await store.client.appendToStream(stream, event(2))
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([2])
  })

  it('hides nothing in $all', async () => {
    const stream = await filled(3)
    await store.client.setStreamMetadata(stream, { maxCount: 1 })
    const log = await all(store.client.readAll())
    expect(log.filter(({ event: recorded }) => recorded?.streamId === stream)).toHaveLength(3)
  })

  it('ignores keys without meaning and metadata that is not JSON', async () => {
    const stream = await filled(3)
    for (const data of [{ $maxCount: 0 }, { $maxCount: 1.5 }, { $tb: -1 }, { $maxAge: 'x' }]) {
      await store.client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data }))
      expect(await all(store.client.readStream(stream))).toHaveLength(3)
    }
  })

  it('keeps one event in a metastream', async () => {
    const stream = await filled(1)
    await store.client.setStreamMetadata(stream, { maxCount: 1 })
    await store.client.setStreamMetadata(stream, { maxCount: 2 })
    expect(revisions(await all(store.client.readStream(`$$${stream}`)))).toEqual([1n])
  })

  it('is checked against its expected revision', async () => {
    const stream = await filled(1)
    await store.client.setStreamMetadata(stream, { maxCount: 1 }, { expectedRevision: 'no_stream' })
    const again = store.client.setStreamMetadata(stream, { maxCount: 2 }, { expectedRevision: 'no_stream' })
    expect(await failure(again)).toBeInstanceOf(WrongExpectedVersionError)
  })
})

describe('Deleting a stream', () => {
  it('makes it not found; all of it stays in $all', async () => {
    const stream = await filled(2)
    const { position } = await store.client.deleteStream(stream)
    expect(await failure(all(store.client.readStream(stream)))).toBeInstanceOf(StreamNotFoundError)
    const log = await all(store.client.readAll())
    const own = log.filter(({ event: recorded }) => recorded?.streamId === stream)
    expect(own).toHaveLength(2)
    const last = log.find(({ event: recorded }) => recorded?.streamId === `$$${stream}`)
    expect(last?.event?.position).toEqual(position)
  })

  it('lets numbering continue when it is written again, hides the old events and keeps other metadata', async () => {
    const stream = await filled(3)
    await store.client.deleteStream(stream)
    await store.client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data: { kept: 'yes' } }))
    expect(await all(store.client.readStream(stream))).toEqual([])
    expect((await store.client.getStreamMetadata(stream)).metadata).toEqual({
      truncateBefore: 3,
      kept: 'yes',
    })
    const revived = await store.client.appendToStream(stream, event(3))
    expect(revived.nextExpectedRevision).toBe(3n)
    expect(revisions(await all(store.client.readStream(stream)))).toEqual([3n])
  })

  it.each(['any', 'no_stream', 2n] as const)(
    'is undone by an append that expects %s',
    async (expectedRevision) => {
      const stream = await filled(3)
      await store.client.deleteStream(stream)
      const revived = await store.client.appendToStream(stream, [event(3), event(4)], { expectedRevision })
      expect(revived.nextExpectedRevision).toBe(4n)
      const events = await all(store.client.readStream(stream))
      expect(revisions(events)).toEqual([3n, 4n])
      expect(present(events[1]).event?.position).toEqual(revived.position)
      expect((await store.client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 3 })
    },
  )

  it('refuses an append that wants the stream to exist, or another revision', async () => {
    const stream = await filled(3)
    await store.client.deleteStream(stream)
    const existing = store.client.appendToStream(stream, event(9), { expectedRevision: 'stream_exists' })
    expect(await failure(existing)).toBeInstanceOf(StreamDeletedError)
    const behind = store.client.appendToStream(stream, event(9), { expectedRevision: 0n })
    expect(await failure(behind)).toMatchObject({ type: 'wrong-expected-version', actualVersion: 2n })
  })

  it('checks the expected revision as a failed call, with signed numbers', async () => {
    const stream = await filled(3)
    const behind = store.client.deleteStream(stream, { expectedRevision: 1n })
    expect(await failure(behind)).toMatchObject({
      type: 'wrong-expected-version',
      expectedVersion: 1n,
      actualVersion: 2n,
    })
    const none = store.client.deleteStream(stream, { expectedRevision: 'no_stream' })
    expect(await failure(none)).toMatchObject({ expectedVersion: -1n, actualVersion: 2n })
    await store.client.deleteStream(stream, { expectedRevision: 2n })
  })

  it('fails on a missing stream, except that metadata makes it exist', async () => {
    const missing = freshStream()
    expect(await failure(store.client.deleteStream(missing))).toMatchObject({
      type: 'wrong-expected-version',
      expectedVersion: -2n,
      actualVersion: -1n,
    })
    const described = freshStream()
    await store.client.setStreamMetadata(described, { maxCount: 3 })
    await store.client.deleteStream(described, { expectedRevision: 'no_stream' })
    expect(await failure(all(store.client.readStream(described)))).toBeInstanceOf(StreamNotFoundError)
  })

  it('knows 9223372036854775807 from its neighbours', async () => {
    const stream = await filled(2)
    await rawBatchAppend(store.port, [
      {
        correlationId: { string: randomUUID() },
        options: { streamIdentifier: { streamName: Buffer.from(`$$${stream}`) }, any: {} },
        proposedMessages: [{ ...proposed('$metadata'), data: Buffer.from('{"$tb":9223372036854775806}') }],
        isFinal: true,
      },
    ])
    expect(await all(store.client.readStream(stream))).toEqual([])
    await store.client.deleteStream(stream)
    expect(await failure(all(store.client.readStream(stream)))).toBeInstanceOf(StreamNotFoundError)
  })
})

describe('A tombstone', () => {
  it('ends a stream for good', async () => {
    const stream = await filled(2)
    const { position } = await store.client.tombstoneStream(stream)
    const attempts = [
      all(store.client.readStream(stream)),
      all(store.client.readStream(`$$${stream}`)),
      store.client.appendToStream(stream, event(1)),
      store.client.setStreamMetadata(stream, { maxCount: 1 }),
      store.client.deleteStream(stream),
      store.client.tombstoneStream(stream),
    ]
    for (const error of await Promise.all(attempts.map(failure)))
      expect(error).toBeInstanceOf(StreamDeletedError)
    // On a node that others write to as well it need not be the very last.
    const latest = await all(
      store.client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 500 }),
    )
    const last = latest.find(({ event: recorded }) => recorded?.streamId === stream)
    expect(last?.event).toMatchObject({
      streamId: stream,
      type: '$streamDeleted',
      revision: 9223372036854775807n,
      position,
    })
  })

  it('may be set on a stream that never was, with any or no stream', async () => {
    for (const expectedRevision of ['any', 'no_stream'] as const) {
      const stream = freshStream()
      await store.client.tombstoneStream(stream, { expectedRevision })
      expect(await failure(store.client.appendToStream(stream, event(1)))).toBeInstanceOf(StreamDeletedError)
    }
    const strict = store.client.tombstoneStream(freshStream(), { expectedRevision: 4n })
    expect(await failure(strict)).toMatchObject({ expectedVersion: 4n, actualVersion: -1n })
  })
})
