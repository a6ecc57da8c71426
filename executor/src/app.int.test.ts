import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { streamName } from '@sre-portal/contracts'
import { loadInstance } from '@sre-portal/platform/aggregates'
import type { Executor } from './app.ts'
import { ScriptSandbox } from './sandbox/scriptSandbox.ts'
import { startInProcess } from './testing/inProcess.ts'
import { manager, requester, TestPortal, type TestRequest } from './testing/portal.ts'

let portal: TestPortal
let executors: Executor[]
let sandbox: ScriptSandbox

beforeAll(async () => {
  sandbox = new ScriptSandbox({ jitless: true })
  portal = await TestPortal.open()
  executors = [
    await startInProcess(portal, { name: 'executor-1', sandbox }),
    await startInProcess(portal, { name: 'executor-2', sandbox }),
  ]
})
afterAll(async () => {
  for (const executor of executors) await executor.stop()
  await sandbox.close()
  await portal.close()
})
beforeEach(async () => {
  await portal.target.query(
    'drop table if exists counter; create table counter (n int); insert into counter values (0)',
  )
})

const typesOf = async (requestId: string) => (await portal.events(requestId)).map(({ type }) => type)
const counter = async () => (await portal.target.query<{ n: number }>('select n from counter')).rows[0]?.n

async function ended(requestId: string) {
  const decided = ['EXECUTED', 'FAILED', 'CANCELLED', 'UNKNOWN']
  await expect
    .poll(async () => decided.includes((await portal.request(requestId)).status), {
      timeout: 60_000,
      interval: 20,
    })
    .toBe(true)
  return portal.request(requestId)
}

const run = async (request: TestRequest) => ended(await portal.approved(request))

test('an approved read is executed and its result stored with the hash that the event tells', async () => {
  const request = await run({ content: `select n, 'ü' as text from counter` })
  expect(request).toMatchObject({ status: 'EXECUTED', execution: { recovered: false, error: null } })
  expect(await typesOf(request.id)).toEqual([
    'RequestSubmitted',
    'RequestApproved',
    'ExecutionStarted',
    'RequestExecuted',
  ])
  const { rows } = await portal.admin.query<{ head: string; sha256: string; rows: string }>(
    'select head, sha256, rows from record.results join record.result_rows using (result_id) where request_id = $1',
    [request.id],
  )
  expect(rows.map((row) => row.rows)).toEqual(['["0","ü"]'])
  const sha256 = createHash('sha256').update(`${rows[0]?.rows}\n${rows[0]?.head}\n`).digest('hex')
  expect([rows[0]?.sha256, request.execution?.resultSha256]).toEqual([sha256, sha256])
  expect((await portal.admin.query('select from record.execution_leases')).rowCount).toBe(0)
})

test('a write records its transaction before it is committed', async () => {
  const request = await run({ content: 'update counter set n = n + 1; select n from counter' })
  expect(request.status).toBe('EXECUTED')
  expect(await typesOf(request.id)).toEqual([
    'RequestSubmitted',
    'RequestApproved',
    'ExecutionStarted',
    'TransactionOpened',
    'RequestExecuted',
  ])
  const executed = (await portal.events(request.id)).at(-1)
  // The SELECT is not in a READ ONLY transaction: a view of it might write, so the sum is not known.
  expect(executed?.data).toMatchObject({ statementCount: 2, affectedRows: null, storedRows: 1, cutBy: null })
  expect(await counter()).toBe(1)
})

test('what a statement left that failed and was caught is not told as no rows', async () => {
  const content = `
    await db.query("do $$ begin update counter set n = n + 1; commit; raise exception 'late'; end $$").catch(() => 0)
    await db.transaction(async (tx) => { await tx.query('update counter set n = 100'); throw new Error('no') }).catch(() => 0)
    await db.query('update counter set x = 1').catch(() => 0)
    return 'ok'`
  const request = await run({ kind: 'script', content, mode: 'per-statement' })
  expect(request.status).toBe('EXECUTED')
  const events = await portal.events(request.id)
  expect(events.at(-1)?.data).toMatchObject({ statementCount: 3, affectedRows: null })
  expect(
    events.flatMap(({ type, data }) =>
      type === 'StatementExecuted' && 'ordinal' in data
        ? [[data.ordinal, data.affectedRows, 'outcome' in data ? data.outcome : null]]
        : [],
    ),
  ).toEqual([
    [0, null, null],
    [1, 1, 'rolled-back'],
    [2, 0, null],
  ])
  expect(await counter()).toBe(1)
})

test('a failed query tells the error of the database and that nothing was kept', async () => {
  const request = await run({ content: 'update counter set n = 7; select 1 / 0' })
  expect(request).toMatchObject({
    status: 'FAILED',
    execution: { effects: 'rolled-back', error: { code: '22012', message: 'division by zero' } },
  })
  expect((await portal.result(request.id))?.statements.map(({ outcome }) => outcome)).toEqual([
    'rolled-back',
    'failed',
  ])
  expect(await counter()).toBe(0)
})

test('a script is executed, and every statement of it is an event', async () => {
  const request = await run({
    kind: 'script',
    content: `console.log('counting')\nfor (let i = 0; i < 3; i++) await db.query('update counter set n = n + $1', [i])\nreturn { done: true }`,
  })
  expect(request).toMatchObject({ status: 'EXECUTED', execution: { statementsAudited: 3 } })
  expect((await typesOf(request.id)).slice(2)).toEqual([
    'ExecutionStarted',
    'TransactionOpened',
    'StatementExecuted',
    'StatementExecuted',
    'StatementExecuted',
    'RequestExecuted',
  ])
  const result = await portal.result(request.id)
  expect(result).toMatchObject({ returned: '{"done":true}', logs: [{ level: 'log', text: 'counting' }] })
  expect(await counter()).toBe(3)
  expect((await portal.admin.query('select from record.execution_statements')).rowCount).toBe(0)
})

test('a script that throws is FAILED with its place, and undone', async () => {
  const request = await run({
    kind: 'script',
    content: `await db.query('update counter set n = 9')\nthrow new Error('stop')`,
  })
  expect(request).toMatchObject({
    status: 'FAILED',
    execution: { effects: 'rolled-back', error: { message: 'stop', line: 2 } },
  })
  expect(await counter()).toBe(0)
})

test.each<[string, TestRequest]>([
  ['query', { content: 'update counter set n = 5; select pg_sleep(60)' }],
  ['script', { kind: 'script', content: `await db.query('update counter set n = 5'); for (;;) {}` }],
])('a running %s is cancelled on the server, by whom is told', async (_, content) => {
  const requestId = await portal.approved(content)
  const inTransaction = `select from pg_stat_activity where application_name = 'sre-portal ${requestId}'
    and backend_xid is not null and (state = 'idle in transaction' or query like '%pg_sleep%')`
  await expect.poll(async () => (await portal.admin.query(inTransaction)).rowCount).toBe(1)
  const { execution } = await portal.request(requestId)
  const revision = (await portal.events(requestId)).length - 1
  await portal.append(
    streamName('request', requestId),
    [{ type: 'CancellationRequested', data: { executionId: execution?.id ?? '' } }],
    revision,
    manager,
  )
  const request = await ended(requestId)
  expect(request).toMatchObject({ status: 'CANCELLED', execution: { effects: 'rolled-back' } })
  expect((await portal.events(requestId)).at(-1)?.data).toMatchObject({ cancelledBy: manager })
  expect(await counter()).toBe(0)
})

test('a run is stopped at its limit of time', async () => {
  const request = await run({ content: 'select pg_sleep(60)', limits: { timeMs: 500 } })
  expect(request).toMatchObject({
    status: 'FAILED',
    execution: {
      effects: 'none',
      error: { code: 'TIME_LIMIT', message: 'Stopped: it ran longer than the limit of 0.5 s.' },
    },
  })
})

test('content that is not what was approved never reaches the target', async () => {
  const requestId = await portal.approved({ content: 'update counter set n = 1' }, 'a'.repeat(64))
  const request = await ended(requestId)
  expect(request).toMatchObject({
    status: 'FAILED',
    execution: { effects: 'none', error: { code: 'REFUSED' } },
  })
  expect(request.execution?.error?.message).toMatch(/not what was approved/)
  expect(await counter()).toBe(0)
})

test('two executors share forty approvals, each of which runs once', async () => {
  const ids = await Promise.all(
    Array.from({ length: 40 }, () => portal.approved({ content: 'update counter set n = n + 1' })),
  )
  const requests = await Promise.all(ids.map(ended))
  expect(new Set(requests.map(({ status }) => status))).toEqual(new Set(['EXECUTED']))
  expect(await counter()).toBe(40)
  const started = await Promise.all(
    ids.map(async (id) => (await typesOf(id)).filter((type) => type === 'ExecutionStarted').length),
  )
  expect(started).toEqual(ids.map(() => 1))
  expect(new Set(requests.map(({ execution }) => execution?.executorId))).toEqual(
    new Set(['executor-1', 'executor-2']),
  )
})

test('an instance is tested by connecting to it', async () => {
  const testId = randomUUID()
  const stream = streamName('instance', portal.instanceId)
  const { revision } = await loadInstance(portal.store, portal.instanceId)
  await portal.append(stream, [{ type: 'InstanceTestRequested', data: { testId } }], revision, requester)
  await expect
    .poll(async () => (await loadInstance(portal.store, portal.instanceId)).events.at(-1)?.type)
    .toBe('InstanceTested')
  expect((await loadInstance(portal.store, portal.instanceId)).events.at(-1)?.data).toMatchObject({
    testId,
    reachable: true,
    serverVersion: expect.stringMatching(/^PostgreSQL 18/) as string,
  })
})

test('what was approved for an earlier connection never reaches the changed one', async () => {
  const { state, revision } = await loadInstance(portal.store, portal.instanceId)
  if (!state) throw new Error('The test has no instance.')
  const { name, environment, endpoint, databases, username } = state
  const settings = { name, environment, endpoint, databases }
  const stream = streamName('instance', portal.instanceId)
  const earlier = state.connectionRevision
  await portal.append(
    stream,
    [{ type: 'InstanceChanged', data: { ...settings, username: 'nobody' } }],
    revision,
  )
  const submitted = await portal.submitted({ content: 'update counter set n = 1' })
  await portal.approve({ ...submitted, instanceRevision: earlier })
  const request = await ended(submitted.requestId)
  expect(request.execution).toMatchObject({ effects: 'none', error: { code: 'REFUSED' } })
  expect(request.execution?.error?.message).toMatch(/was changed after the approval/)

  const unreachable = await run({ content: 'update counter set n = 1' })
  expect(unreachable.execution).toMatchObject({
    effects: 'none',
    error: {
      code: 'TARGET_UNUSABLE',
      message: 'The stored password of this instance can not be decrypted.',
    },
  })
  const told = await loadInstance(portal.store, portal.instanceId)
  expect(told.events.at(-1)).toMatchObject({
    type: 'InstanceSecretRefused',
    data: { reason: 'changed', keyId: 'k1' },
  })
  await portal.append(stream, [{ type: 'InstanceChanged', data: { ...settings, username } }], told.revision)
  expect(await counter()).toBe(0)
})
