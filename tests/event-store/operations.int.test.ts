import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { testDatabase } from '../setup/postgres.ts'
import {
  all,
  event,
  eventually,
  failure,
  freshStream,
  numbers,
  present,
  useEmbeddedStore,
} from './support.ts'

const store = useEmbeddedStore()
const main = fileURLToPath(new URL('../../infra/event-store/main.ts', import.meta.url))
const run = promisify(execFile)

const command = (...args: string[]) => run(process.execPath, ['--import', 'tsx', main, ...args])

async function sql<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

describe('Starting', () => {
  const start = (postgresUrl: string, port = 0) =>
    startEventStore({ postgresUrl, host: '127.0.0.1', port, log: () => undefined })

  it('refuses a database on which a server runs already', async () => {
    expect((await failure(start(store.postgresUrl))).message).toMatch(/Another event store is running/)
  })

  it('refuses a port that is taken, and lets go of the database again', async () => {
    const database = await testDatabase()
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect((await failure(start(database.url, port))).message).toMatch(/already in use/)
    other.close()
    const running = await start(database.url)
    await running.close()
    await database.drop()
  })

  it('refuses a log that newer code has written', async () => {
    const database = await testDatabase()
    const running = await start(database.url)
    await running.close()
    await sql(database.url, 'UPDATE eventlog.schema_version SET version = 99')
    expect((await failure(start(database.url))).message).toMatch(/newer version/)
    await database.drop()
  })

  it('says in words what is wrong with the database', async () => {
    const missing = new URL(store.postgresUrl)
    missing.pathname = '/no_such_database'
    expect((await failure(start(missing.href))).message).toMatch(/does not exist/)
    expect((await failure(start('postgres://127.0.0.1:1/x'))).message).toMatch(/does not answer/)
  })

  it('explains itself on the command line', async () => {
    const { stdout } = await command('--help')
    for (const option of ['--port', '--postgres', '--advertise-host', '--require-auth', 'export', 'import']) {
      expect(stdout).toContain(option)
    }
    const { stderr } = await failure(command('--port', '0', '--postgres', 'postgres://127.0.0.1:1/x'))
    expect(stderr).toMatch(/PostgreSQL does not answer/)
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})

describe('The command that npx runs', () => {
  const bin = fileURLToPath(new URL('../../infra/event-store/bin.mjs', import.meta.url))

  it('serves clients from any folder, and stops cleanly when it is told to', async () => {
    const database = await testDatabase()
    const child = spawn(process.execPath, [bin, '--port', '0', '--postgres', database.url], {
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const address = await Promise.race([
      once(child.stdout, 'data').then(([line]: Buffer[]) => /esdb:\S+/.exec(String(line))?.[0]),
      exited.then(() => undefined),
    ])
    const client = EventStoreDBClient.connectionString(present(address))
    const stream = freshStream()
    await client.appendToStream(stream, event(1))
    expect(numbers(await all(client.readStream(stream)))).toEqual([1])
    await client.dispose()
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    await database.drop()
  })
})

describe('Losing the connection that holds the lock', () => {
  it('stops writes, keeps what was acknowledged, and goes on when it is back', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, event(0))
    const terminated = await sql<{ done: boolean }>(
      store.postgresUrl,
      "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE application_name = 'event-store writer' AND datname = current_database()",
    )
    expect(terminated).toEqual([{ done: true }])
    const sent = event(1)
    await eventually(async () => {
      await store.client.appendToStream(stream, sent, { expectedRevision: 0n })
    })
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([0, 1])
    expect(store.logged.join('\n')).toMatch(/lock on the log is lost/)
    await eventually(async () => {
      const live = await fetch(`http://127.0.0.1:${store.port}/health/live`)
      expect(live.status).toBe(204)
    })
  })
})

describe('A database whose disk is full', () => {
  it('fails appends as unavailable, says so to probes and once in its log, and goes on by itself when there is room', async () => {
    const live = async () => (await fetch(`http://127.0.0.1:${store.port}/health/live`)).status
    const stream = freshStream()
    await store.client.appendToStream(stream, event(0))
    await sql(
      store.postgresUrl,
      `CREATE FUNCTION public.no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`,
    )
    await sql(
      store.postgresUrl,
      'CREATE TRIGGER no_room BEFORE INSERT ON eventlog.events EXECUTE FUNCTION public.no_room()',
    )
    const before = store.logged.length
    for (let n = 1; n <= 5; n++)
      expect(await failure(store.client.appendToStream(stream, event(n)))).toMatchObject({
        type: 'unavailable',
      })
    expect(await live()).toBe(503)
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([0])
    expect(store.logged.slice(before)).toEqual([expect.stringMatching(/^A write failed: .*No space left/)])
    await sql(store.postgresUrl, 'DROP TRIGGER no_room ON eventlog.events')
    await eventually(async () => expect(await live()).toBe(204))
    await store.client.appendToStream(stream, event(6), { expectedRevision: 0n })
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([0, 6])
    expect(store.logged.slice(before + 1)).toEqual(['Writes succeed again.'])
    const left = await sql(store.postgresUrl, "SELECT FROM eventlog.events WHERE type = 'probe'")
    expect(left).toEqual([])
  })
})

describe('Looking into the log with SQL', () => {
  it('shows events with their contents, and streams with their ends', async () => {
    const stream = freshStream('readable')
    const binary = binaryEvent({ type: 'Binary', data: Uint8Array.from([1, 2]) })
    await store.client.appendToStream(stream, [
      jsonEvent({ type: 'Json', data: { a: 1 }, metadata: { actor: 'x' } }),
      binary,
    ])
    const rows = await sql(
      store.postgresUrl,
      `SELECT revision, type, data, metadata FROM eventlog.events_readable WHERE stream = '${stream}' ORDER BY revision`,
    )
    expect(rows).toEqual([
      { revision: '0', type: 'Json', data: { a: 1 }, metadata: { actor: 'x' } },
      { revision: '1', type: 'Binary', data: null, metadata: null },
    ])
    const [state] = await sql(
      store.postgresUrl,
      `SELECT last_revision, last_type, is_deleted FROM eventlog.streams_readable WHERE stream = '${stream}'`,
    )
    expect(state).toEqual({ last_revision: '1', last_type: 'Binary', is_deleted: false })
  })
})
