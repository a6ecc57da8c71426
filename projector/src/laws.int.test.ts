import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventSchemas } from '@sre-portal/contracts'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { historyWriter } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { everyEvent } from '../test/everyEvent.ts'
import { connections, dump, runningProjector } from '../test/projectors.ts'
import { reached } from '../test/world.ts'
import { endsOf } from './batches.ts'
import { rebuild } from './rebuild.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let store: EventStore
let history: Awaited<ReturnType<typeof everyEvent>>
let projector: ReturnType<typeof runningProjector>
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  store = connectEventStore(eventStore.connectionString)
  history = await everyEvent(historyWriter(store))
  projector = runningProjector(database.urls.projector, eventStore.connectionString)
  await reached(projector.pool, (await endsOf(store, 0n)).ours)
})
afterAll(async () => {
  await projector.stop()
  await store.close()
  await eventStore.close()
  await database.drop()
})

const rows = async <T extends object>(sql: string, values: unknown[] = []) =>
  (await projector.pool.query<T>(sql, values)).rows

describe('the laws of the projection', () => {
  test('every event of the product has a line in the audit log, in log order', async () => {
    const audit = await rows<{ type: string; summary: string }>(
      'select type, summary from read.audit order by position',
    )
    expect(new Set(audit.map(({ type }) => type))).toEqual(new Set(Object.keys(eventSchemas)))
    for (const { summary } of audit) {
      expect(summary).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/)
      expect(summary).not.toMatch(/somebody$|undefined|null/)
    }
  })

  test('every sentence about a request or an instance names the instance and its environment, and no other one does', async () => {
    const audit = await rows<{ type: string; category: string; summary: string }>(
      'select type, category, summary from read.audit',
    )
    const concerns = ({ type, category }: (typeof audit)[number]) =>
      ['request', 'instance'].includes(category) || ['ResultViewed', 'InstanceNameClaimed'].includes(type)
    const named =
      /^(prod-eu|prod-eu-1|old) \((production|staging|development)\) · |^Instance .* \(\w+, \w+\) registered/
    expect(audit.filter((line) => concerns(line) && !named.test(line.summary))).toEqual([])
    expect(audit.filter((line) => !concerns(line) && named.test(line.summary))).toEqual([])
    expect(audit.filter(concerns).length).toBeGreaterThan(40)
  })

  test('a request reads as domain folds it from its stream', async () => {
    for (const id of Object.values(history.requests)) {
      const { state, revision } = await loadRequest(store, id)
      const [row] = await rows<Record<string, unknown>>(
        `select status, requester_id, pod_id, content, content_hash, decision, revision::int, execution, settlement
         from read.requests where id = $1`,
        [id],
      )
      expect(row).toMatchObject({
        status: state?.status,
        requester_id: state?.requesterId,
        pod_id: state?.podId,
        content: state?.content,
        content_hash: state?.contentHash,
        decision: state?.decision,
        revision,
        execution: state?.execution
          ? {
              id: state.execution.id,
              startedAt: state.execution.startedAt,
              finishedAt: state.execution.finishedAt,
              effects: state.execution.effects,
              error: state.execution.error,
              unknownReason: state.execution.unknownReason,
              resultId: state.execution.resultId,
              recovered: state.execution.recovered,
            }
          : null,
      })
      expect((row?.['settlement'] as { at?: string } | null)?.at ?? null).toBe(state?.settlement?.at ?? null)
    }
  })

  test('applying everything twice equals applying it once', async () => {
    const once = await dump(projector.pool)
    await projector.stop()
    const repeating = connections(database.urls.projector, eventStore.connectionString)
    await repeating.pool.query('update read.checkpoint set position = 0')
    await repeating.end()
    projector = runningProjector(database.urls.projector, eventStore.connectionString)
    await reached(projector.pool, (await endsOf(store, 0n)).ours)
    expect(await dump(projector.pool)).toBe(once)
  })

  test('rebuilt equals live, byte by byte, and is another generation', async () => {
    const live = await dump(projector.pool)
    const generation = 'select generation from read.checkpoint'
    const before = await rows(generation)
    const rebuilding = connections(database.urls.projector, eventStore.connectionString)
    const told: bigint[] = []
    const done = await rebuild({ ...rebuilding, onProgress: ({ position }) => told.push(position) })
    await rebuilding.end()
    expect(await dump(projector.pool)).toBe(live)
    expect(await rows(generation)).not.toEqual(before)
    expect(told.length).toBeGreaterThan(0)
    expect(done.position).toBe((await endsOf(store, 0n)).ours)
    expect(await rows(`select nspname from pg_namespace where nspname like 'read_%'`)).toEqual([])
  })
})

describe('the read models', () => {
  test('number requests by submission and title them by the first line of the comment', async () => {
    const found = await rows<{ number: string; title: string }>(
      'select number, title from read.requests order by number',
    )
    expect(found.map(({ number }) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(found[0]?.title).toBe('Find the lost order')
  })

  test('keep users, pods and instances as they are now', async () => {
    const { people, pod, instance, retired } = history
    expect(
      await rows(
        'select name, role, active, last_login_at is not null as signed_in from read.users order by name',
      ),
    ).toEqual([
      { name: 'Ada Root', role: 'ADMIN', active: true, signed_in: false },
      { name: 'Dana Levi', role: 'DEVELOPER', active: true, signed_in: true },
      { name: 'Grace Park', role: 'MANAGER', active: true, signed_in: false },
      { name: 'Miguel Sosa', role: 'MANAGER', active: true, signed_in: false },
      { name: 'New Name', role: 'MANAGER', active: false, signed_in: false },
    ])
    expect(
      await rows('select name, manager_id, deputy_ids, revision from read.pods where id = $1', [pod]),
    ).toEqual([
      {
        name: 'Payments and invoices',
        manager_id: people.grace.id,
        deputy_ids: [people.miguel.id],
        revision: '5',
      },
    ])
    const [live] = await rows<{ last_test: { state: string } }>(
      'select name, databases, retired, last_test from read.instances where id = $1',
      [instance],
    )
    expect(live).toMatchObject({ name: 'prod-eu-1', databases: ['orders', 'stock'], retired: false })
    expect(live?.last_test.state).toBe('reachable')
    expect(await rows('select retired from read.instances where id = $1', [retired])).toEqual([
      { retired: true },
    ])
  })

  test('tell each person what concerns them, and nobody of what they did', async () => {
    const told = await rows<{ name: string; text: string; request_id: string }>(
      `select name, text, request_id from read.notifications join read.users on users.id = recipient_id
       order by position, name`,
    )
    const about = (request: string) =>
      told.filter(({ request_id }) => request_id === request).map(({ name, text }) => `${name}: ${text}`)
    const work = 'orders@prod-eu-1'
    const asked = ['Grace Park', 'Miguel Sosa'].map(
      (name) => `${name}: Dana Levi asks to run a query on ${work}`,
    )
    const approved = `Dana Levi: Grace Park approved your request on ${work}`
    const { requests } = history
    expect(about(requests.executed)).toEqual([
      ...asked,
      approved,
      `Dana Levi: Your request on ${work} was executed: 412 rows in 218 ms`,
    ])
    expect(about(requests.failed)).toEqual([
      ...asked,
      approved,
      `Dana Levi: Your request on ${work} failed: relation "orders" does not exist`,
    ])
    expect(about(requests.stopped)).toEqual([...asked, approved])
    expect(about(requests.unknown)).toEqual([
      ...asked,
      approved,
      `Dana Levi: Nobody knows what your request on ${work} did; somebody has to settle it`,
      ...['Grace Park', 'Miguel Sosa'].map(
        (name) => `${name}: Nobody knows what the request of Dana Levi on ${work} did; it has to be settled`,
      ),
    ])
    expect(about(requests.settled).at(-1)).toBe(
      `Dana Levi: Miguel Sosa settled your request on ${work} as EXECUTED: I looked at the table.`,
    )
    expect(about(requests.rejected)).toEqual([
      ...asked,
      `Dana Levi: Grace Park rejected your request on ${work}: Use the replica for this.`,
    ])
    expect(about(requests.withdrawn)).toEqual(asked)
    expect(about(requests.cancelled)).toEqual([
      ...asked,
      `Dana Levi: Miguel Sosa approved your request on ${work}`,
      `Dana Levi: Your request on ${work} was cancelled`,
    ])
    expect(about(requests.pending)).toEqual([`Miguel Sosa: Grace Park asks to run a query on ${work}`])
  })

  test('can be read, and only read, by the role of the query service', async () => {
    const reader = connections(database.urls.query, eventStore.connectionString)
    const counted = await reader.pool.query<{ count: string }>('select count(*) from read.requests')
    expect(counted.rows).toEqual([{ count: '10' }])
    await expect(reader.pool.query('delete from read.audit')).rejects.toThrow('permission denied')
    await reader.end()
    const commander = connections(database.urls.command, eventStore.connectionString)
    await expect(commander.pool.query('select from read.users')).rejects.toThrow('permission denied')
    await commander.end()
  })

  test('can only be added to, where they are the audit log, by the projector itself', async () => {
    const { pool } = projector
    for (const table of ['read.audit', 'read.ignored_events']) {
      // PostgreSQL only warns that nothing was granted.
      await pool.query(`grant all on ${table} to portal_projector`)
      for (const sql of [
        `update ${table} set type = 'Nothing'`,
        `delete from ${table}`,
        `truncate ${table}`,
        `alter table ${table} add column forged text`,
        `set role portal_audit`,
      ])
        await expect(pool.query(sql), sql).rejects.toThrow(/permission denied|must be owner/)
    }
    await pool.query(`select audit_seal.seal('read')`)
    await expect(pool.query(`select audit_seal.seal('record')`)).rejects.toThrow('only the read models')
  })
})
