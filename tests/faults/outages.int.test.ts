import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Accepted, Problem } from '@sre-portal/contracts'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { derivedId } from '@sre-portal/platform/commandHandler'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { historyWriter } from '@sre-portal/platform/testing/historyWriter'
import {
  newCast,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from '../../command-service/src/testing/commandService.ts'
import { endsOf } from '../../projector/src/batches.ts'
import { projectorProcess } from '../../projector/test/processes.ts'
import { connections, dump, runningProjector } from '../../projector/test/projectors.ts'
import { reached } from '../../projector/test/world.ts'
import { testEventStore } from '../setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '../setup/postgres.ts'
import { TcpProxy } from './tcpProxy.ts'

const timeout = 60_000
const patience = { timeout: 40_000, interval: 50 }

let eventStore: Awaited<ReturnType<typeof testEventStore>>
let store: EventStore
beforeAll(async () => {
  eventStore = await testEventStore()
  store = connectEventStore(eventStore.connectionString)
})
afterAll(async () => {
  await store.close()
  await eventStore.close()
})

async function proxyTo(url: string): Promise<{ proxy: TcpProxy; url: string }> {
  const address = new URL(url)
  const proxy = await TcpProxy.open({ host: address.hostname, port: Number(address.port) })
  address.port = String(proxy.port)
  return { proxy, url: address.href }
}

describe('a command', () => {
  let service: CommandService
  let cast: Cast
  let proxy: TcpProxy
  let behindProxy: EventStore
  beforeAll(async () => {
    const way = await proxyTo(eventStore.connectionString)
    proxy = way.proxy
    behindProxy = connectEventStore(way.url)
    service = await startCommandService({ store: behindProxy })
    cast = await newCast(service)
  })
  afterEach(() => proxy.mend())
  afterAll(async () => {
    await service.close()
    await behindProxy.close()
    await proxy.close()
  })

  const submit = (key: string) =>
    service.api<Accepted & Problem>('POST', '/api/requests', {
      token: cast.dana.token,
      body: queryBody(cast),
      headers: { 'idempotency-key': key },
    })
  const eventsOf = async (key: string) =>
    (await loadRequest(store, derivedId('request', `${cast.dana.id}:${key}`))).events

  test('while the event store is away is refused for now, and does once what it asks when it is sent again', async () => {
    const key = randomUUID()
    await proxy.disturb('closed')
    const { status, headers, body } = await submit(key)
    expect([status, headers.get('retry-after'), body.code]).toEqual([503, '2', 'unavailable'])
    expect(await eventsOf(key)).toEqual([])
    await proxy.mend()
    await expect.poll(async () => (await submit(key)).status, patience).toBe(201)
    expect((await eventsOf(key)).map(({ type }) => type)).toEqual(['RequestSubmitted'])
  })

  test(
    'whose answer from the event store is swallowed is not said to have done nothing, and is not done twice',
    { timeout },
    async () => {
      const key = randomUUID()
      // Its reads pass; what it appends is swallowed from the moment on at which it is about to append.
      const append = behindProxy.append.bind(behindProxy)
      behindProxy.append = async (...args) => {
        await proxy.disturb('mute')
        return append(...args)
      }
      const answer = submit(key)
      await expect.poll(async () => (await eventsOf(key)).length, patience).toBe(1)
      behindProxy.append = append
      await proxy.disturb('cut')
      const { status, body } = await answer
      expect([status, body.code]).toEqual([503, 'unavailable'])
      expect(body.detail).toContain('it is unknown whether this took effect')
      await proxy.mend()
      await expect.poll(async () => (await submit(key)).status, patience).toBe(201)
      expect((await eventsOf(key)).map(({ type }) => type)).toEqual(['RequestSubmitted'])
    },
  )
})

describe('a projection', () => {
  let database: MigratedDatabase
  let submit: () => Promise<string>
  beforeAll(async () => {
    database = await migratedDatabase()
    const write = historyWriter(store)
    const [dana, grace] = [await write.user('Dana', 'DEVELOPER'), await write.user('Grace', 'MANAGER')]
    const pod = await write.pod(`pod-${process.pid}`, 'Outages', grace)
    const instance = await write.instance(`outages-${process.pid}`)
    submit = () => write.submit(dana, pod, instance)
  })
  afterAll(() => database.drop())

  const submitMany = async (count: number) => {
    for (let n = 0; n < count; n++) await submit()
  }

  /** What a projector makes of the same events that is never disturbed. */
  async function undisturbed(): Promise<string> {
    const other = await migratedDatabase()
    const projector = runningProjector(other.urls.projector, eventStore.connectionString)
    await reached(projector.pool, await lastEvent())
    const text = await dumpOf(projector.pool)
    await projector.stop()
    await other.drop()
    return text
  }

  const lastEvent = async () => (await endsOf(store, 0n)).ours
  const dumpOf = async (pool: Parameters<typeof dump>[0]) =>
    (await dump(pool))
      .split('\n\n')
      .filter((table) => !table.startsWith('checkpoint'))
      .join('\n\n')

  test('whose database is away for a while goes on without a gap', { timeout }, async () => {
    const way = await proxyTo(database.urls.projector)
    const projector = runningProjector(way.url, eventStore.connectionString)
    const direct = connections(database.urls.projector, eventStore.connectionString)
    try {
      await submitMany(5)
      await way.proxy.disturb('closed')
      await submitMany(20)
      await expect.poll(() => projector.status.failure, patience).not.toBeNull()
      await way.proxy.mend()
      await submitMany(5)
      const all = await undisturbed()
      await expect.poll(() => dumpOf(direct.pool), patience).toBe(all)
      await expect.poll(() => projector.status.failure, patience).toBeNull()
    } finally {
      await projector.stop()
      await direct.end()
      await way.proxy.close()
    }
  })

  test(
    'of two projectors, one of which is killed again and again, writes every event once',
    { timeout },
    async () => {
      const steady = runningProjector(database.urls.projector, eventStore.connectionString)
      const environment = {
        POSTGRES_URL: database.urls.projector,
        EVENTSTORE_URL: eventStore.connectionString,
        PROJECTOR_MAX_BATCH: '3',
      }
      const sessions = `select from pg_stat_activity where datname = current_database() and application_name = 'projector'`
      try {
        for (let round = 0; round < 3; round++) {
          const victim = projectorProcess(environment)
          await expect
            .poll(async () => (await steady.pool.query(sessions)).rowCount, patience)
            .toBeGreaterThan(0)
          const writing = submitMany(20)
          await submitMany(1 + round * 3)
          victim.kill('SIGKILL')
          expect(await victim.ended).toEqual({ code: null, signal: 'SIGKILL' })
          await writing
        }
        const all = await undisturbed()
        await expect.poll(() => dumpOf(steady.pool), patience).toBe(all)
      } finally {
        await steady.stop()
      }
    },
  )
})
