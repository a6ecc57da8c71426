import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { streamName } from '@sre-portal/contracts'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { MemoryStreams } from '../testing/memoryStreams.ts'
import { statementOf } from '../testing/runScenario.ts'
import type { RequestStreams } from './runStream.ts'

let close: () => Promise<void>
let store: EventStore
beforeAll(async () => {
  const server = await testEventStore()
  store = connectEventStore(server.connectionString)
  close = async () => {
    await store.close()
    await server.close()
  }
})
afterAll(() => close())

const memory = new MemoryStreams()
const implementations: [string, () => RequestStreams][] = [
  ['the event store', () => store],
  ['streams in memory', () => memory],
]

describe.each(implementations)('%s', (_name, streams) => {
  const newStream = () => streamName('request', randomUUID())
  const statements = (count: number) => {
    const executionId = randomUUID()
    return Array.from({ length: count }, (_, ordinal) => statementOf(executionId, ordinal))
  }
  const ids = async (stream: string, from?: number) =>
    (await streams().readStream(stream, from)).map(({ id }) => id)

  test('appends at the revision that is expected, and at no other', async () => {
    const stream = newStream()
    const [first, second, third] = [statements(1), statements(2), statements(1)]
    expect(await streams().append(stream, first, 0)).toEqual({ appended: false })
    expect(await streams().append(stream, first, -1)).toMatchObject({ appended: true, revision: 0 })
    expect(await streams().append(stream, second, -1)).toEqual({ appended: false })
    expect(await streams().append(stream, second, 0)).toMatchObject({ appended: true, revision: 2 })
    expect(await streams().append(stream, third, 1)).toEqual({ appended: false })
    expect(await ids(stream)).toEqual([...first, ...second].map(({ id }) => id))
  })

  test('answers an append that is repeated like the first time, and appends nothing', async () => {
    const stream = newStream()
    const [first, second] = [statements(2), statements(2)]
    await streams().append(stream, first, -1)
    await streams().append(stream, second, 1)
    expect(await streams().append(stream, first, -1)).toMatchObject({ appended: true, revision: 1 })
    expect(await ids(stream)).toEqual([...first, ...second].map(({ id }) => id))
  })

  test('takes ids that are there already for new ones at the end of the stream', async () => {
    const stream = newStream()
    const first = statements(2)
    await streams().append(stream, first, -1)
    expect(await streams().append(stream, first, 1)).toMatchObject({ appended: true, revision: 3 })
    expect(await ids(stream)).toEqual([...first, ...first].map(({ id }) => id))
  })

  test('refuses events of which only some are there already', async () => {
    const stream = newStream()
    const [one, two, three] = statements(3)
    if (!one || !two || !three) throw new Error('three events')
    await streams().append(stream, [one, two], -1)
    expect(await streams().append(stream, [one, two, three], -1)).toEqual({ appended: false })
    expect(await streams().append(stream, [two, three], 0)).toEqual({ appended: false })
    expect(await ids(stream)).toEqual([one.id, two.id])
  })

  test('reads a stream from a revision on, and nothing behind its end or of a stream that is not there', async () => {
    const stream = newStream()
    const events = statements(3)
    await streams().append(stream, events, -1)
    expect(await ids(stream, 1)).toEqual(events.slice(1).map(({ id }) => id))
    expect(await ids(stream, 3)).toEqual([])
    expect(await ids(stream, 30)).toEqual([])
    expect(await ids(newStream(), 0)).toEqual([])
    const revisionFrom = async (from?: number) => (await streams().readHistory(stream, from)).revision
    expect([await revisionFrom(), await revisionFrom(1), await revisionFrom(3)]).toEqual([2, 2, 2])
    expect(await streams().readHistory(newStream())).toEqual({ events: [], revision: -1 })
  })
})
