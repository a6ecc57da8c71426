import { randomUUID } from 'node:crypto'
import { binaryEvent, jsonEvent, StreamNotFoundError } from '@eventstore/db-client'
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
import { rawBatchAppend, rawRead } from './rawCalls.ts'

const store = useEventStore()

function link(target: string, revision: number | bigint) {
  return binaryEvent({ type: '$>', data: Uint8Array.from(Buffer.from(`${revision}@${target}`)) })
}

describe('A new log', () => {
  it('is not empty, and its first position is greater than 1', async () => {
    const [first] = await all(store.client.readAll({ maxCount: 1 }))
    expect(present(first?.event?.position).commit).toBeGreaterThan(1n)
    expect(first?.event?.streamId).toMatch(/^\$/)
  })
})

describe('Reading a stream', () => {
  const cases = [
    { title: 'forwards from the start', options: {}, expected: [0, 1, 2, 3, 4] },
    { title: 'forwards from a revision, itself included', options: { fromRevision: 3n }, expected: [3, 4] },
    { title: 'forwards up to a count', options: { fromRevision: 1n, maxCount: 2 }, expected: [1, 2] },
    { title: 'forwards from behind the end', options: { fromRevision: 99n }, expected: [] },
    {
      title: 'backwards from the end',
      options: { direction: 'backwards', fromRevision: 'end' },
      expected: [4, 3, 2, 1, 0],
    },
    {
      title: 'backwards from a revision, itself included',
      options: { direction: 'backwards', fromRevision: 2n },
      expected: [2, 1, 0],
    },
    {
      title: 'backwards from behind the end',
      options: { direction: 'backwards', fromRevision: 99n, maxCount: 2 },
      expected: [4, 3],
    },
    {
      title: 'backwards from the start: the first event',
      options: { direction: 'backwards', fromRevision: 'start' },
      expected: [0],
    },
  ] as const

  it.each(cases)('$title', async ({ options, expected }) => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(5))
    expect(numbers(await all(store.client.readStream(stream, options)))).toEqual(expected)
  })

  it('says by a message, not by a status, that a stream is missing', async () => {
    const stream = freshStream()
    const error = await failure(all(store.client.readStream(stream)))
    expect(error).toBeInstanceOf(StreamNotFoundError)
    expect(error).toMatchObject({ streamName: stream })
    const frames = await rawRead(store.port, streamRead(stream))
    expect(frames.map(({ content }) => content)).toEqual(['streamNotFound'])
  })

  it('pages through more events than one page holds, in both directions', async () => {
    const stream = freshStream()
    for (let batch = 0; batch < 5; batch++) await store.client.appendToStream(stream, eventsUpTo(500))
    const forwards = await all(store.client.readStream(stream))
    expect(revisions(forwards)).toEqual(Array.from({ length: 2500 }, (_, revision) => BigInt(revision)))
    const backwards = await all(
      store.client.readStream(stream, { direction: 'backwards', fromRevision: 'end' }),
    )
    expect(revisions(backwards)).toEqual(revisions(forwards).reverse())
  })

  it('may be left in the middle', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(3000))
    for await (const { event: recorded } of store.client.readStream(stream)) {
      if (recorded?.revision === 10n) break
    }
    expect(await all(store.client.readStream(stream, { maxCount: 1 }))).toHaveLength(1)
  })

  it('hands out what is not JSON although it claims to be', async () => {
    const stream = freshStream()
    await rawBatchAppend(store.port, [
      {
        correlationId: { string: randomUUID() },
        options: { streamIdentifier: { streamName: Buffer.from(stream) }, any: {} },
        proposedMessages: [
          {
            id: { string: randomUUID() },
            metadata: { type: 'Broken', 'content-type': 'application/json' },
            data: Buffer.from('{"a":'),
          },
        ],
        isFinal: true,
      },
    ])
    const [resolved] = await all(store.client.readStream(stream))
    expect(resolved?.event).toMatchObject({ isJson: true, data: '{"a":' })
  })
})

describe('Reading $all', () => {
  it('is inclusive forwards and exclusive backwards', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(4))
    const own = await all(store.client.readStream(stream))
    const second = present(own[1]?.event?.position)
    const forwards = await all(store.client.readAll({ fromPosition: second }))
    expect(numbers(forwards)).toEqual([1, 2, 3])
    const backwards = await all(
      store.client.readAll({ direction: 'backwards', fromPosition: second, maxCount: 1 }),
    )
    expect(numbers(backwards)).toEqual([0])
    const newest = await all(
      store.client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 2 }),
    )
    expect(numbers(newest)).toEqual([3, 2])
    expect(await all(store.client.readAll({ fromPosition: 'end' }))).toEqual([])
    expect(await all(store.client.readAll({ direction: 'backwards', fromPosition: 'start' }))).toEqual([])
  })

  it('takes positions that are no exact start of an event', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(2))
    const [first] = await all(store.client.readStream(stream))
    const { commit } = present(first?.event?.position)
    expect(
      numbers(await all(store.client.readAll({ fromPosition: { commit, prepare: commit - 1n } }))),
    ).toEqual([0, 1])
    expect(
      numbers(await all(store.client.readAll({ fromPosition: { commit, prepare: commit + 1n } }))),
    ).toEqual([1])
  })

  it('gives positions that only grow, with commit and prepare alike, the same as reads of the stream', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, eventsUpTo(3))
    const log = await all(store.client.readAll())
    const positions = log.map(({ event: recorded }) => present(recorded?.position))
    for (const [index, { commit, prepare }] of positions.entries()) {
      expect(commit).toBe(prepare)
      if (index > 0) expect(commit).toBeGreaterThan(present(positions[index - 1]).commit)
    }
    const own = await all(store.client.readStream(stream))
    expect(log.filter(({ event: recorded }) => recorded?.streamId === stream)).toEqual(own)
  })

  it('filters by prefix and by unanchored expression, of types and of streams', async () => {
    const tag = freshStream('tag').replaceAll('-', '')
    await store.client.appendToStream(`${tag}-a`, [event(0, `${tag}First`), event(1, 'Other')])
    await store.client.appendToStream(`${tag}-b`, [event(2, `${tag}Second`), event(3, `Not${tag}`)])
    const read = async (filter: object) => {
      const frames = await rawRead(store.port, {
        ...allRead(),
        noFilter: undefined,
        filter: { ...filter, count: {} },
      })
      return frames.map(
        ({ event: found }) => JSON.parse(String((found as { event: { data: Buffer } }).event.data)) as object,
      )
    }
    const found = (...wanted: number[]) => wanted.map((n) => ({ n }))
    expect(await read({ eventType: { prefix: [tag] } })).toEqual(found(0, 2))
    expect(await read({ eventType: { regex: tag } })).toEqual(found(0, 2, 3))
    expect(await read({ streamIdentifier: { prefix: [`${tag}-b`, `${tag}-c`] } })).toEqual(found(2, 3))
    expect(await read({ streamIdentifier: { regex: `^${tag}-a$` } })).toEqual(found(0, 1))
  })
})

describe('Links', () => {
  it('are resolved on demand, one level deep', async () => {
    const [target, links] = [freshStream('target'), freshStream('links')]
    await store.client.appendToStream(target, eventsUpTo(2))
    await store.client.appendToStream(links, [link(target, 1), link(links, 0)])
    const plain = await all(store.client.readStream(links))
    expect(plain.map(({ event: recorded, link: own }) => [recorded?.type, own])).toEqual([
      ['$>', undefined],
      ['$>', undefined],
    ])
    const resolved = await all(store.client.readStream(links, { resolveLinkTos: true }))
    const [, direct] = await all(store.client.readStream(target))
    expect(resolved[0]?.event).toEqual(direct?.event)
    expect(resolved[0]?.link).toMatchObject({ streamId: links, revision: 0n })
    expect(resolved[0]?.commitPosition).toBe(plain[0]?.event?.position?.commit)
    expect(resolved[1]?.event).toMatchObject({ streamId: links, type: '$>' })
  })

  it('stay alone when their target is missing, deleted or hidden', async () => {
    const links = freshStream('links')
    const [deleted, tombstoned, truncated] = [freshStream(), freshStream(), freshStream()]
    for (const stream of [deleted, tombstoned, truncated])
      await store.client.appendToStream(stream, eventsUpTo(2))
    await store.client.deleteStream(deleted)
    await store.client.tombstoneStream(tombstoned)
    await store.client.setStreamMetadata(truncated, { truncateBefore: 1 })
    const targets = [
      link(deleted, 0),
      link(tombstoned, 0),
      link(truncated, 0),
      link(truncated, 7),
      link('none', 0),
    ]
    await store.client.appendToStream(links, targets)
    const resolved = await all(store.client.readStream(links, { resolveLinkTos: true }))
    expect(resolved).toHaveLength(5)
    for (const { event: recorded, link: own } of resolved) {
      expect(recorded).toBeUndefined()
      expect(own?.streamId).toBe(links)
    }
  })

  it('that say nothing are ordinary events', async () => {
    const links = freshStream('links')
    await store.client.appendToStream(links, [jsonEvent({ type: '$>', data: { no: 'link' } })])
    const [resolved] = await all(store.client.readStream(links, { resolveLinkTos: true }))
    expect(resolved?.event?.type).toBe('$>')
    expect(resolved?.link).toBeUndefined()
  })
})

describe('What other clients may ask', () => {
  it('refuses every combination that makes no sense', async () => {
    const unfiltered = allRead()
    const filter = { eventType: { prefix: ['x'] }, count: {} }
    const invalid = [
      { ...streamRead('x'), noFilter: undefined, filter },
      { ...streamRead('x'), noFilter: undefined },
      { ...unfiltered, count: undefined },
      { ...unfiltered, all: undefined },
      { ...unfiltered, count: undefined, subscription: {}, readDirection: 1 },
      { ...unfiltered, uuidOption: undefined },
      {
        ...streamRead('x'),
        stream: { ...streamRead('x').stream, start: undefined, revision: '9223372036854775809' },
      },
    ]
    for (const options of invalid) {
      expect(await failure(rawRead(store.port, options)), JSON.stringify(options)).toMatchObject({ code: 3 })
    }
    expect(await failure(rawRead(store.port, { ...unfiltered, count: '0' }))).toMatchObject({ code: 2 })
  })

  it('answers ids as two halves, and the last revision, to those who ask', async () => {
    const stream = freshStream()
    const sent = event(1)
    await store.client.appendToStream(stream, sent)
    const options = {
      ...streamRead(stream),
      uuidOption: { structured: {} },
      controlOption: { compatibility: 1 },
    }
    const frames = await rawRead(store.port, options)
    expect(frames.map(({ content }) => content)).toEqual(['event', 'lastStreamPosition'])
    const { event: read } = frames[0] as unknown as {
      event: { event: { id: { structured: Record<string, string> } } }
    }
    const { mostSignificantBits, leastSignificantBits } = read.event.id.structured
    const bytes = Buffer.alloc(16)
    bytes.writeBigInt64BE(BigInt(present(mostSignificantBits)), 0)
    bytes.writeBigInt64BE(BigInt(present(leastSignificantBits)), 8)
    expect(bytes.toString('hex')).toBe(sent.id.replaceAll('-', ''))
    expect(frames[1]).toMatchObject({ lastStreamPosition: '0' })
  })
})

function streamRead(stream: string) {
  return {
    stream: { streamIdentifier: { streamName: Buffer.from(stream) }, start: {} },
    readDirection: 0,
    count: '10',
    noFilter: {},
    uuidOption: { string: {} },
  }
}

function allRead() {
  return { all: { start: {} }, readDirection: 0, count: '10', uuidOption: { string: {} }, noFilter: {} }
}
