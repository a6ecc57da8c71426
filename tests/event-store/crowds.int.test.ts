import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Client as GrpcClient, credentials, type ClientReadableStream } from '@grpc/grpc-js'
import { binaryEvent, BACKWARDS, END } from '@eventstore/db-client'
import { Client } from 'pg'
import { expect, it } from 'vitest'
import { encodeMessage, method, streamsService } from '@sre-portal/infra/event-store/wire/definitions.ts'
import { all, event, eventsUpTo, freshStream, useEmbeddedStore } from './support.ts'

const store = useEmbeddedStore()

interface Follower {
  messages: number
  error: Error | undefined
  call: ClientReadableStream<Buffer>
}

/** Follows $all from its start and only counts what comes, so that the server is what is measured. */
function follow(client: GrpcClient): Follower {
  const call = client.makeServerStreamRequest(
    method(streamsService, 'Read').path,
    (value: object) => encodeMessage('event_store.client.streams.ReadReq', value),
    (bytes) => bytes,
    { options: { all: { start: {} }, subscription: {}, noFilter: {}, uuidOption: { string: {} } } },
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
  const clients = Array.from(
    { length: 5 },
    () =>
      new GrpcClient(`127.0.0.1:${store.port}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      }),
  )
  const followers = Array.from({ length: 500 }, (_, n) => follow(clients[n % 5] as GrpcClient))
  const total = 2000
  let appended = 0
  while (followers.some(({ messages, error }) => messages < total && !error)) {
    await store.client.appendToStream(freshStream(), event(appended), { deadline: 60_000 })
    appended++
  }
  expect(followers.flatMap(({ error }) => (error ? [error.message] : []))).toEqual([])
  expect(appended).toBeGreaterThan(0)
  for (const { call } of followers) {
    call.on('error', () => undefined)
    call.cancel()
  }
  for (const client of clients) client.close()
}, 240_000)

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
