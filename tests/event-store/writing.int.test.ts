import { EventStoreDBClient } from '@eventstore/db-client'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { testDatabase } from '../setup/postgres.ts'
import {
  all,
  collect,
  event,
  eventually,
  eventsUpTo,
  freshStream,
  numbers,
  useEmbeddedStore,
} from './support.ts'

const store = useEmbeddedStore()
let sql: Client

beforeAll(async () => {
  sql = new Client({ connectionString: store.postgresUrl })
  await sql.connect()
})
afterAll(() => sql.end())

/** Transactions that have written the events of a stream. */
const transactionsOf = async (stream: string) => {
  const { rows } = await sql.query<{ count: number }>(
    `select count(distinct e.xmin::text)::int as count from eventlog.events e join eventlog.streams s using (stream_key) where s.name = $1`,
    [stream],
  )
  return rows[0]?.count
}
const waitsForLock = async () => {
  const { rowCount } = await sql.query(
    `select from pg_stat_activity where application_name = 'event-store writer' and datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rowCount
}

describe('One writer', () => {
  it('writes what has queued up in one transaction, and nobody hears or sees anything of it before its commit', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, event(0))
    const subscription = store.client.subscribeToStream(stream)
    const seen = collect(subscription)
    await eventually(() => expect(seen.journal).toContain('caughtUp'))
    await sql.query('begin')
    await sql.query('lock table eventlog.events in share row exclusive mode')
    let answered = 0
    const append = async (n: number) => {
      await store.client.appendToStream(stream, event(n))
      answered += 1
    }
    // The first is on its way to the table when the others come.
    const first = append(1)
    await eventually(async () => expect(await waitsForLock()).toBe(1))
    const others = Array.from({ length: 99 }, (_, at) => append(at + 2))
    // An append of another client comes through the same queue, and is the last that can have been taken.
    const last = store.connect().appendToStream(freshStream(), event(0), { expectedRevision: 'no_stream' })
    for (let count = 0; count < 20; count++) await all(store.client.readStream(stream))
    expect([answered, seen.events.length, await transactionsOf(stream)]).toEqual([0, 1, 1])
    await sql.query('commit')
    await Promise.all([first, ...others, last])
    await eventually(() => expect(seen.events).toHaveLength(101))
    // The one that waited, and the groups of those that came meanwhile: one by one it would be 101.
    expect(await transactionsOf(stream)).toBeLessThan(60)
    await subscription.unsubscribe()
  })

  it('gives positions that grow by one, and none is seen before all smaller ones', async () => {
    const watcher = new Client({ connectionString: store.postgresUrl })
    await watcher.connect()
    const looks: { count: number; span: number }[] = []
    let isWriting = true
    const watch = (async () => {
      while (isWriting) {
        const { rows } = await watcher.query<{ count: number; span: number }>(
          'select count(*)::int as count, (max(position) - min(position) + 1)::int as span from eventlog.events',
        )
        looks.push(...rows)
      }
    })()
    const clients = [store.client, store.connect(), store.connect()] as const
    await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        (clients[n % 3] ?? store.client).appendToStream(freshStream(), eventsUpTo((n % 4) + 1)),
      ),
    )
    isWriting = false
    await watch
    await watcher.end()
    expect(looks.length).toBeGreaterThan(3)
    expect(looks.filter(({ count, span }) => count !== span)).toEqual([])
  })

  it('knows a repeated append after a restart, however old it is', async () => {
    const stream = freshStream()
    const sent = event(0)
    const { position } = await store.client.appendToStream(stream, sent)
    await store.client.appendToStream(stream, eventsUpTo(50))
    await store.restart()
    const again = await store.client.appendToStream(stream, sent)
    expect(again.position).toEqual(position)
    expect(numbers(await all(store.client.readStream(stream)))).toHaveLength(51)
  })
})

it('every append waits for the disk, whatever the database says otherwise', async () => {
  const database = await testDatabase()
  const admin = new Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(
    `do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`,
  )
  const running = await startEventStore({
    postgresUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    log: () => undefined,
  })
  await admin.query(`
    create table seen (setting text, session text);
    create function see() returns trigger language plpgsql as $$ begin
      insert into public.seen values (current_setting('synchronous_commit'), current_setting('application_name')); return null; end $$;
    create trigger see after insert on eventlog.events for each statement execute function see()`)
  const client = EventStoreDBClient.connectionString(running.connectionString)
  await client.appendToStream('a', event(0))
  expect((await admin.query('select * from seen')).rows).toEqual([
    { setting: 'on', session: 'event-store writer' },
  ])
  await client.dispose()
  await running.close()
  await admin.end()
  await database.drop()
})
