import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { TestPortal, type TestRequest } from '@sre-portal/executor/testing/portal'
import { ExecutorProcess } from './executorProcess.ts'
import { stateOf } from './processState.ts'

// The target is the judge: a counter that only a committed run moves.

let portal: TestPortal
const running: ExecutorProcess[] = []
const timeout = 120_000
const patience = { timeout: 60_000, interval: 50 }
const ended = ['EXECUTED', 'FAILED', 'UNKNOWN', 'CANCELLED']

beforeAll(async () => {
  portal = await TestPortal.open()
  await portal.target.query('create table counter (n int); insert into counter values (0)')
})
beforeEach(async () => {
  await portal.target.query('update counter set n = 0')
})
afterAll(async () => {
  for (const executor of running) await executor.kill()
  await portal.close()
})

async function start(name: string, failpoint?: string): Promise<ExecutorProcess> {
  const executor = ExecutorProcess.start(portal, { name, ...(failpoint ? { failpoint } : {}) })
  running.push(executor)
  await executor.ready
  return executor
}

const count = 'update counter set n = n + 1'
const query: TestRequest = { content: `${count}; ${count}; select n from counter` }
const script: TestRequest = {
  kind: 'script',
  content: `await db.query('${count}'); await db.query('${count}'); return (await db.query('select n from counter')).rows`,
}
const counted = async () => (await portal.target.query<{ n: number }>('select n from counter')).rows[0]?.n

/** Sessions of runs at the target that stand in a transaction which has touched the counter. */
const inTransaction = `
  from pg_locks join pg_stat_activity using (pid)
  where relation = 'counter'::regclass and mode = 'RowExclusiveLock' and pid <> pg_backend_pid()`

/** Takes connection and executor away, so that neither can tell anything of the run any more. */
async function lose(executor: ExecutorProcess, connectionFirst: boolean): Promise<void> {
  const endSessions = async () => {
    await portal.target.query(`select pg_terminate_backend(pid) ${inTransaction}`)
    await expect
      .poll(async () => (await portal.target.query(`select ${inTransaction}`)).rowCount, patience)
      .toBe(0)
  }
  if (connectionFirst) await endSessions()
  executor.signal('SIGKILL')
  expect(await executor.exited).toEqual({ code: null, signal: 'SIGKILL' })
  if (!connectionFirst) await endSessions()
}

async function settled(requestId: string) {
  const successor = await start('successor')
  const isEnded = async () => ended.includes((await portal.request(requestId)).status)
  await expect.poll(isEnded, { ...patience, message: successor.output }).toBe(true)
  const { status, execution } = await portal.request(requestId)
  const events = await portal.events(requestId)
  const ends = events.filter(({ type }) =>
    /^(RequestExecuted|RequestFailed|ExecutionOutcomeUnknown)$/.test(type),
  )
  const starts = events.filter(({ type }) => type === 'ExecutionStarted')
  await successor.kill()
  expect([starts.length, ends.length]).toEqual([1, 1])
  return { status, effects: execution?.effects ?? null, counter: await counted() }
}

const losses: [place: string, kind: string, first: string, request: TestRequest, connectionFirst: boolean][] =
  [
    ['mid-transaction', 'query', 'connection', query, true],
    ['mid-transaction', 'script', 'executor', script, false],
    ['before-commit', 'query', 'executor', query, false],
    ['before-commit', 'script', 'connection', script, true],
  ]

test.each(losses)(
  'lost at %s of a %s, the %s first: undone, and it is not run again',
  { timeout },
  async (place, kind, _first, request, connectionFirst) => {
    const victim = await start('victim', `${place}:stop`)
    const requestId = await portal.approved(request)
    await expect.poll(() => stateOf(victim.pid), patience).toBe('T')
    expect((await portal.target.query(`select ${inTransaction}`)).rowCount).toBe(1)
    await lose(victim, connectionFirst)
    // What the table of a script's statement reaches was known to the lost executor alone.
    const effects = kind === 'query' ? 'rolled-back' : 'partial'
    expect(await settled(requestId)).toEqual({ status: 'FAILED', effects, counter: 0 })
  },
)

test.each([
  ['query', { content: 'insert into watched values (1); select n from counter' }],
  ['script', { kind: 'script', content: `await db.query('insert into watched values (1)')` }],
  ['query that reads', { content: 'select n from watching; select 1' }],
] satisfies [string, TestRequest][])(
  'lost behind a trigger or a view that had reached out of the transaction, in a %s: nobody is told that it is safe',
  { timeout },
  async (_kind, request) => {
    const { host, port, database, user, password } = portal.target
    const way = `host=${host} port=${port} dbname=${database} user=${user} password=${String(password)}`
    await portal.target.query(`
      create extension if not exists dblink;
      drop table if exists ran, watched cascade;
      create table ran (n int); create table watched (n int);
      create or replace function reach() returns int language plpgsql as
        $$ begin perform dblink_exec('${way}', 'insert into ran values (1)'); return 1; end $$;
      create or replace function reaches() returns trigger language plpgsql as $$ begin perform reach(); return new; end $$;
      create trigger reaching before insert on watched for each row execute function reaches();
      create or replace view watching as select reach() as n`)
    const victim = await start('victim', 'mid-transaction:stop')
    const requestId = await portal.approved(request)
    await expect.poll(() => stateOf(victim.pid), patience).toBe('T')
    victim.signal('SIGKILL')
    await victim.exited
    expect(await settled(requestId)).toMatchObject({ status: 'FAILED', effects: 'partial' })
    expect((await portal.target.query('select from ran')).rowCount).toBe(1)
    expect((await portal.target.query('select from watched')).rowCount).toBe(0)
    const failed = (await portal.events(requestId)).find(({ type }) => type === 'RequestFailed')
    expect(failed?.data).toMatchObject({
      error: { message: expect.stringContaining('look before the request is submitted again') as unknown },
    })
  },
)

test('lost while a statement of an open transaction is under way: rolled back', { timeout }, async () => {
  const victim = await start('victim')
  const requestId = await portal.approved({ content: `${count}; select pg_sleep(50)` })
  await expect
    .poll(async () => (await portal.target.query(`select ${inTransaction}`)).rowCount, patience)
    .toBe(1)
  victim.signal('SIGSTOP')
  await lose(victim, true)
  expect(await settled(requestId)).toEqual({ status: 'FAILED', effects: 'rolled-back', counter: 0 })
})

test('lost right after COMMIT took place: executed, once', { timeout }, async () => {
  const victim = await start('victim', 'after-commit:stop')
  const requestId = await portal.approved(query)
  await expect.poll(() => stateOf(victim.pid), patience).toBe('T')
  await lose(victim, true)
  expect(await settled(requestId)).toEqual({ status: 'EXECUTED', effects: null, counter: 2 })
})
