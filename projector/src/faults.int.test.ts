import { randomUUID } from 'node:crypto'
import { jsonEvent } from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listen } from '@sre-portal/platform/http/listen'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { historyWriter, type HistoryWriter } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { everyEvent } from '../test/everyEvent.ts'
import { projectorProcess } from '../test/processes.ts'
import { connections, dump, runningProjector } from '../test/projectors.ts'
import { eventually, reached } from '../test/world.ts'
import { endsOf } from './batches.ts'
import { rebuild } from './rebuild.ts'
import { readModelVersion } from './schema.ts'

let eventStore: Awaited<ReturnType<typeof testEventStore>>
let store: EventStore
let write: HistoryWriter
let history: Awaited<ReturnType<typeof everyEvent>>
let database: MigratedDatabase
const running: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  eventStore = await testEventStore()
  store = connectEventStore(eventStore.connectionString)
  write = historyWriter(store)
  history = await everyEvent(write)
})
afterAll(async () => {
  await store.close()
  await eventStore.close()
})
beforeEach(async () => {
  database = await migratedDatabase()
})
afterEach(async () => {
  for (const projector of running.splice(0)) await projector.stop()
  await database.drop()
})

function project(url = database.urls.projector, eventStoreUrl = eventStore.connectionString) {
  const projector = runningProjector(url, eventStoreUrl)
  running.push(projector)
  return projector
}

/** What a projector makes that is never disturbed. */
async function undisturbed(): Promise<string> {
  const other = await migratedDatabase()
  const projector = runningProjector(other.urls.projector, eventStore.connectionString)
  await reached(projector.pool, await lastOfOurs(store))
  const text = await dump(projector.pool)
  await projector.stop()
  await other.drop()
  return text
}

/** What a real node writes for itself at the end of its log is nothing that a projector has to reach. */
const lastOfOurs = async (of: EventStore) => (await endsOf(of, 0n)).ours

const submitMany = async (count: number) => {
  const { people, pod, instance } = history
  for (let n = 0; n < count; n++) await write.submit(people.dana, pod, instance)
}

describe('a projector that is killed', () => {
  test.each(['after-checkpoint', 'after-rows'])(
    '%s leaves nothing half, and the next one goes on',
    async (place) => {
      const env = { POSTGRES_URL: database.urls.projector, EVENTSTORE_URL: eventStore.connectionString }
      const killed = projectorProcess({ ...env, FAILPOINT: `${place}:kill`, PROJECTOR_MAX_BATCH: '8' })
      expect(await killed.ended).toEqual({ code: null, signal: 'SIGKILL' })
      const { pool, end } = connections(database.urls.projector, eventStore.connectionString)
      const { rows } = await pool.query(
        'select position, (select count(*) from read.audit) as audit, (select count(*) from read.users) as users from read.checkpoint',
      )
      expect(rows).toEqual([{ position: '0', audit: '0', users: '0' }])
      await end()

      const next = project()
      await reached(next.pool, await lastOfOurs(store))
      expect(await dump(next.pool)).toBe(await undisturbed())
    },
  )

  test('stops after the transaction under way when it is asked to', async () => {
    const asked = projectorProcess({
      POSTGRES_URL: database.urls.projector,
      EVENTSTORE_URL: eventStore.connectionString,
    })
    const { pool, end } = connections(database.urls.projector, eventStore.connectionString)
    await eventually(async () => expect(await dump(pool)).toContain('Dana Levi'))
    await end()
    asked.kill('SIGTERM')
    expect(await asked.ended).toEqual({ code: 0, signal: null })
  })
})

test('two projectors at once write every event once', async () => {
  const one = project()
  const other = project()
  await submitMany(80)
  const head = await lastOfOurs(store)
  await Promise.all([reached(one.pool, head), reached(other.pool, head)])
  expect(await dump(one.pool)).toBe(await undisturbed())
  await eventually(() => expect([one.status.failure, other.status.failure]).toEqual([null, null]))
})

test('events that are not ours are no work that waits, however many there are', async () => {
  const projector = project()
  await reached(projector.pool, (await endsOf(store, 0n)).ours)
  const server = await listen(projector.app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
  try {
    for (const count of [3, 200]) {
      await store.client.appendToStream(
        `other-${randomUUID()}`,
        Array.from({ length: count }, () => jsonEvent({ type: 'SomethingElse', data: {} })),
      )
      await eventually(async () => {
        const answer = (await (await fetch(`${server.url}/readyz`)).json()) as { facts: { behind: number } }
        expect(answer.facts.behind).toBe(0)
      })
    }
  } finally {
    await server.close()
  }
})

describe('an event that cannot be projected', () => {
  const metadata = {
    actor: { kind: 'service', name: 'x' },
    at: new Date().toISOString(),
    correlationId: 'c',
    schemaVersion: 1,
  }
  const submission = () => {
    const { people, pod, instance } = history
    return { people, pod, instance }
  }
  let own: Awaited<ReturnType<typeof testEventStore>>
  let ownStore: EventStore
  beforeEach(async () => {
    own = await testEventStore()
    ownStore = connectEventStore(own.connectionString)
  })
  afterEach(async () => {
    for (const projector of running.splice(0)) await projector.stop()
    await ownStore.close()
    await own.close()
  })

  test.each([
    ['has data that its schema refuses', { type: 'UserRenamed', data: { name: 5 }, metadata }, 'data:'],
    ['has no metadata', { type: 'UserRenamed', data: { name: 'x' } }, 'metadata:'],
    [
      'is of a later version',
      { type: 'UserRenamed', data: { name: 'x' }, metadata: { ...metadata, schemaVersion: 99 } },
      'schema version 99',
    ],
    ['has a type that this version does not know', { type: 'UserBlessed', data: {}, metadata }, 'not known'],
    ['tells of somebody unknown', { type: 'UserRenamed', data: { name: 'x' }, metadata }, 'no row'],
  ])('stops everything, in words, when it %s', async (_, poison, words) => {
    const ownWrite = historyWriter(ownStore)
    await ownWrite.user('Before', 'DEVELOPER')
    const id = randomUUID()
    await ownStore.client.appendToStream(`user-${randomUUID()}`, jsonEvent({ id, ...poison }))
    const position = await lastOfOurs(ownStore)
    await ownWrite.user('After', 'DEVELOPER')
    const projector = project(database.urls.projector, own.connectionString)
    const server = await listen(projector.app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
    try {
      const stopped = await eventually(async () => {
        const response = await fetch(`${server.url}/readyz`)
        const body = (await response.json()) as { reasons: string[]; facts: { stoppedAt: unknown } }
        expect(body.facts.stoppedAt).not.toBeNull()
        return { status: response.status, ...body }
      })
      expect(stopped.status).toBe(503)
      expect(stopped.facts.stoppedAt).toEqual({ position: String(position), eventId: id })
      expect(stopped.reasons.join()).toContain(`position ${position}, event ${id}`)
      expect(stopped.reasons.join()).toContain(words)
      const { rows } = await projector.pool.query('select name from read.users')
      expect(rows).toEqual([{ name: 'Before' }])
      const live = await fetch(`${server.url}/livez`)
      expect(live.status).toBe(200)
    } finally {
      await server.close()
    }
  })

  test('is no event with characters that PostgreSQL cannot hold: they are replaced', async () => {
    const { people, pod, instance } = submission()
    const ownWrite = historyWriter(ownStore)
    const request = await ownWrite.submit(people.dana, pod, instance, {
      comment: 'a\u0000b \ud800 c',
      ticket: '\u0000',
    })
    const projector = project(database.urls.projector, own.connectionString)
    await reached(projector.pool, await lastOfOurs(ownStore))
    const { rows } = await projector.pool.query(
      `select comment, ticket, data ->> 'comment' as audited from read.requests join read.audit on subject_id = id::text
       where id = $1`,
      [request],
    )
    expect(rows).toEqual([{ comment: 'a\ufffdb \ufffd c', ticket: '\ufffd', audited: 'a\ufffdb \ufffd c' }])
  })
})

describe('a rebuild', () => {
  test('under load takes the place of the live one without a reader or an event being lost', async () => {
    const live = project()
    await reached(live.pool, await lastOfOurs(store))
    const { rows: before } = await live.pool.query('select generation from read.checkpoint')
    const reader = connections(database.urls.query, eventStore.connectionString)
    const rebuilding = connections(database.urls.projector, eventStore.connectionString)
    let going = true
    const readAll = async () => {
      const seen: { position: number; audit: number }[] = []
      while (going) {
        const { rows } = await reader.pool.query<{ position: number; audit: number }>(
          'select position::int, (select count(*)::int from read.audit) as audit from read.checkpoint',
        )
        seen.push(...rows)
      }
      return seen
    }
    // Each event is waited for, so that it is the live projector that is seen to go on while it is being replaced.
    const writeAll = async () => {
      let written = 0
      for (; going; written++) {
        await submitMany(1)
        await reached(live.pool, await lastOfOurs(store))
      }
      return written
    }
    const load = Promise.all([readAll(), writeAll()])
    try {
      for (let round = 0; round < 2; round++) await rebuild({ ...rebuilding, onProgress: () => {} })
    } finally {
      going = false
    }
    const [seen, written] = await load
    await reached(live.pool, await lastOfOurs(store))
    expect(await dump(live.pool)).toBe(await undisturbed())
    const { rows: after } = await live.pool.query('select generation from read.checkpoint')
    expect(after).not.toEqual(before)
    expect(seen.length).toBeGreaterThan(10)
    expect(written).toBeGreaterThan(5)
    const positions = seen.map(({ position }) => position)
    const audits = seen.map(({ audit }) => audit)
    expect(positions).toEqual(positions.toSorted((one, other) => one - other))
    expect(audits).toEqual(audits.toSorted((one, other) => one - other))
    await reader.end()
    await rebuilding.end()
  })

  test('that dies before the swap leaves the live one as it was, and the next one starts over', async () => {
    const live = project()
    await reached(live.pool, await lastOfOurs(store))
    const before = await dump(live.pool)
    const rebuilding = connections(database.urls.projector, eventStore.connectionString)
    const dying = (place: string) => {
      if (place === 'before-swap') throw new Error('died')
    }
    await expect(rebuild({ ...rebuilding, failpoint: dying, onProgress: () => {} })).rejects.toThrow('died')
    expect(await dump(live.pool)).toBe(before)
    await rebuild({ ...rebuilding, onProgress: () => {} })
    expect(await dump(live.pool)).toBe(before)
    await rebuilding.end()
  })

  test('is refused while another one runs', async () => {
    const live = project()
    await reached(live.pool, await lastOfOurs(store))
    const rebuilding = connections(database.urls.projector, eventStore.connectionString)
    const both = await Promise.allSettled([1, 2].map(() => rebuild({ ...rebuilding, onProgress: () => {} })))
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: new Error('Another rebuild is running; this one did nothing.'),
    })
    await rebuilding.end()
  })

  test('happens by itself when the read models are of an earlier version', async () => {
    const first = project()
    await reached(first.pool, await lastOfOurs(store))
    const before = await dump(first.pool)
    await running.pop()?.stop()
    const { pool, end } = connections(database.urls.projector, eventStore.connectionString)
    await pool.query(
      `update read.checkpoint set version = version - 1; update read.users set name = 'from an old version'`,
    )
    const second = project()
    await eventually(async () => expect(await dump(pool)).toBe(before))
    await eventually(() => expect(second.status).toMatchObject({ rebuilding: false, failure: null }))
    await end()
  })

  test('is not done backwards: a program older than the read models waits, and says why', async () => {
    const first = project()
    await reached(first.pool, await lastOfOurs(store))
    await running.pop()?.stop()
    const { pool, end } = connections(database.urls.projector, eventStore.connectionString)
    await pool.query('update read.checkpoint set version = version + 1')
    await end()
    const second = project()
    await eventually(() =>
      expect(second.status.failure?.message).toContain(`newer than this program's ${readModelVersion}`),
    )
  })
})
