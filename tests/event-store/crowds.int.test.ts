import { randomBytes } from 'node:crypto'
import type { ClientHttp2Session } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import { Client as GrpcClient, credentials, type ClientReadableStream } from '@grpc/grpc-js'
import { binaryEvent, BACKWARDS, END, EventStoreDBClient } from '@eventstore/db-client'
import { Client } from 'pg'
import { expect, it, vi } from 'vitest'
import { encodeMessage, method, streamsService } from '@sre-portal/infra/event-store/wire/definitions.ts'
import { connectPlainly, Follower as PlainFollower } from '../bench/follower.ts'
import { startEventStoreProcess, type EventStoreProcess } from '../bench/eventStoreProcess.ts'
import { testDatabase } from '../setup/postgres.ts'
import { all, event, eventsUpTo, freshStream, useEmbeddedStore } from './support.ts'

const store = useEmbeddedStore()

interface Follower {
  messages: number
  error: Error | undefined
  call: ClientReadableStream<Buffer>
}

/** Follows $all and only counts what comes, so that the server is what is measured. */
function follow(client: GrpcClient, from: object = { start: {} }): Follower {
  const call = client.makeServerStreamRequest(
    method(streamsService, 'Read').path,
    (value: object) => encodeMessage('event_store.client.streams.ReadReq', value),
    (bytes) => bytes,
    { options: { all: from, subscription: {}, noFilter: {}, uuidOption: { string: {} } } },
  )
  const follower: Follower = { messages: 0, error: undefined, call }
  call.on('data', () => follower.messages++)
  call.on('error', (error) => {
    follower.error = error
  })
  return follower
}

it('500 subscriptions that read everything at once all get it, and appends go on meanwhile', async () => {
  const stream = freshStream()
  for (let n = 0; n < 20; n++) await store.client.appendToStream(stream, eventsUpTo(100))
  const clients = Array.from({ length: 5 }, () => connectTo(`127.0.0.1:${store.port}`))
  const followers = Array.from({ length: 500 }, (_, n) => follow(clients[n % 5] as GrpcClient))
  const total = 2000
  let appended = 0
  while (followers.some(({ messages, error }) => messages < total && !error)) {
    await store.client.appendToStream(freshStream(), event(appended), { deadline: 60_000 })
    appended++
  }
  expect(followers.flatMap(({ error }) => (error ? [error.message] : []))).toEqual([])
  expect(appended).toBeGreaterThan(0)
  followers.forEach(end)
  for (const client of clients) client.close()
}, 240_000)

/** A server as a process of its own that has only just started: nothing of the log is in its memory. */
async function withLargeLog(
  events: { count: number; bytes: number },
  work: (server: EventStoreProcess, address: string, first: number) => Promise<void>,
): Promise<void> {
  const database = await testDatabase()
  const filling = await startEventStoreProcess(database.url)
  const client = EventStoreDBClient.connectionString(filling.connectionString)
  let first: number | undefined
  for (let n = 0; n < events.count; n += 250) {
    const { position } = await client.appendToStream(
      'large',
      Array.from({ length: 250 }, () => binaryEvent({ type: 'Large', data: randomBytes(events.bytes) })),
    )
    first ??= Number(position?.commit) - 249
  }
  await client.dispose()
  await filling.stop()
  const server = await startEventStoreProcess(database.url)
  try {
    await work(server, server.connectionString.replace(/^esdb:..|[?].*$/g, ''), first ?? 0)
  } finally {
    await server.stop()
    await database.drop()
  }
}

const memoryLimitMb = 400

it('500 subscriptions that read a history from the disk at once stay under 400 MiB', async () => {
  await withLargeLog({ count: 2000, bytes: 1500 }, async (server, address) => {
    const sessions = Array.from({ length: 5 }, () => connectPlainly(`http://${address}`))
    const readers = Array.from(
      { length: 500 },
      (_, n) => new PlainFollower(sessions[n % 5] as ClientHttp2Session),
    )
    await vi.waitFor(
      () => {
        expect(readers.flatMap(({ error }) => (error ? [error.message] : []))).toEqual([])
        expect(Math.min(...readers.map(({ received }) => received))).toBeGreaterThan(2000)
      },
      { timeout: 240_000, interval: 200 },
    )
    expect(server.peakMemoryMb()).toBeLessThan(memoryLimitMb)
    for (const reader of readers) reader.end()
    for (const session of sessions) session.close()
  })
}, 300_000)

it('500 consumers that stand still, each at a place of its own, hold little and stop nobody', async () => {
  const count = 10_000
  await withLargeLog({ count, bytes: 4000 }, async (server, address, first) => {
    const clients = Array.from({ length: 6 }, () => connectTo(address))
    const standing = Array.from({ length: 500 }, (_, n) => {
      const position = String(first - 1 + n * 15)
      const from = { position: { commitPosition: position, preparePosition: position } }
      const follower = follow(clients[n % 5] as GrpcClient, from)
      follower.call.pause()
      return follower
    })
    const fast = Array.from({ length: 4 }, () => follow(clients[5] as GrpcClient))
    await untilAll(fast, count)
    expect(server.peakMemoryMb()).toBeLessThan(memoryLimitMb)
    const resumed = standing.filter((_, n) => n % 50 === 0)
    for (const { call } of resumed) call.resume()
    await Promise.all(resumed.map((follower, n) => untilAll([follower], count - n * 50 * 15)))
    expect(server.peakMemoryMb()).toBeLessThan(memoryLimitMb)
    ;[...standing, ...fast].forEach(end)
    for (const client of clients) client.close()
  })
}, 300_000)

/** Until each got at least so many messages; the confirmation of a subscription is one of them. */
async function untilAll(followers: readonly Follower[], events: number): Promise<void> {
  await vi.waitFor(
    () => {
      expect(followers.flatMap(({ error }) => (error ? [error.message] : []))).toEqual([])
      expect(Math.min(...followers.map(({ messages }) => messages))).toBeGreaterThan(events)
    },
    { timeout: 240_000, interval: 200 },
  )
}

const connectTo = (address: string) =>
  new GrpcClient(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })

function end({ call }: Follower): void {
  call.on('error', () => undefined)
  call.cancel()
}

it('large events are fetched once, however many there are: forwards, backwards and in $all', async () => {
  const stream = freshStream()
  const size = 900_000
  const count = 60
  for (let n = 0; n < count; n++)
    await store.client.appendToStream(stream, binaryEvent({ type: 'Large', data: randomBytes(size) }))
  const sql = new Client(store.postgresUrl)
  await sql.connect()
  const fetched = async () => {
    const { rows } = await sql.query<{ blocks: string }>(
      `SELECT toast_blks_read + toast_blks_hit AS blocks FROM pg_statio_all_tables
       WHERE schemaname = 'eventlog' AND relname = 'events'`,
    )
    return Number(rows[0]?.blocks)
  }
  // Sessions report what they touched once they have been idle for ten seconds, the appends' among them.
  const settled = async () => {
    let blocks = await fetched()
    let since = Date.now()
    while (Date.now() - since < 12_000) {
      await delay(500)
      const now = await fetched()
      if (now !== blocks) since = Date.now()
      blocks = now
    }
    return blocks
  }
  const before = await settled()
  const reads = [
    () => store.client.readStream(stream),
    () => store.client.readStream(stream, { direction: BACKWARDS, fromRevision: END }),
    () => store.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: count }),
  ]
  for (const read of reads) expect((await all(read())).length).toBe(count)
  const blocksOfAll = (size * count * reads.length) / 8192
  const touched = (await settled()) - before
  expect(touched).toBeGreaterThan(blocksOfAll)
  expect(touched).toBeLessThan(blocksOfAll * 4)
  await sql.end()
}, 200_000)
