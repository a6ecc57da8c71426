import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { defaultExecutionLimits, type ExecutionLimits } from '@sre-portal/contracts'
import { testDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { RowSpool } from '../results/rowSpool.ts'
import type { RunControl } from '../runControl.ts'
import { runPostgresQuery } from './queryRunner.ts'
import type { PostgresTarget } from './target.ts'
import { transactionFate } from './transactionStatus.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let admin: pg.Client
let target: PostgresTarget
const bounds = { connectTimeoutMs: 5000, statementTimeoutMs: 30_000, lockTimeoutMs: 5000 }

beforeAll(async () => {
  database = await testDatabase()
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  const url = new URL(database.url)
  target = {
    host: url.hostname,
    port: Number(url.port),
    tls: false,
    database: url.pathname.slice(1),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})
beforeEach(async () => {
  await admin.query('drop table if exists numbers; create table numbers (n int primary key, word text)')
  await admin.query(`insert into numbers values (1, 'one'), (2, 'two')`)
})

interface Options {
  limits?: Partial<ExecutionLimits>
  control?: Partial<RunControl>
  target?: Partial<PostgresTarget>
}

async function run(content: string, { limits, control, target: other }: Options = {}) {
  const all = { ...defaultExecutionLimits, ...limits }
  const spool = new RowSpool(all)
  const transactions: string[] = []
  const job = {
    target: { ...target, ...other },
    content,
    limits: all,
    bounds,
    applicationName: 'executor test',
  }
  const report = await runPostgresQuery(job, spool, {
    signal: new AbortController().signal,
    beforeCommit: async (transactionId) => {
      transactions.push(transactionId)
      await Promise.resolve()
    },
    beforeStatement: () => Promise.resolve(),
    reached: () => undefined,
    ...control,
  })
  const { chunks } = spool.seal('')
  const rows = chunks.flatMap((chunk) =>
    chunk.rows.split('\n').map((line) => JSON.parse(line) as (string | null)[]),
  )
  return { ...report, rows, transactions }
}

const numbers = async () =>
  (await admin.query<{ n: number }>('select n from numbers order by n')).rows.map(({ n }) => n)

test('keeps every value as the database writes it, with the name of its type', async () => {
  const { head, rows, outcome, transactions } =
    await run(`select 9007199254740993::int8 as a, 1.10::numeric as b,
    'NaN'::float8 as c, '-infinity'::timestamptz as d, '{"a": 1.0}'::json as e, array[1,null]::int4[] as f,
    '\\x00ff'::bytea as g, null as h, '' as i, 'x' as i, 'infinity'::date as j`)
  expect(outcome).toEqual({ fate: 'executed' })
  expect(transactions).toEqual([])
  expect(rows).toEqual([
    [
      '9007199254740993',
      '1.10',
      'NaN',
      '-infinity',
      '{"a": 1.0}',
      '{1,NULL}',
      '\\x00ff',
      null,
      '',
      'x',
      'infinity',
    ],
  ])
  expect(head.statements[0]?.columns).toEqual([
    { name: 'a', type: 'int8' },
    { name: 'b', type: 'numeric' },
    { name: 'c', type: 'float8' },
    { name: 'd', type: 'timestamptz' },
    { name: 'e', type: 'json' },
    { name: 'f', type: 'int4[]' },
    { name: 'g', type: 'bytea' },
    { name: 'h', type: 'text' },
    { name: 'i', type: 'text' },
    { name: 'i', type: 'text' },
    { name: 'j', type: 'date' },
  ])
  expect(head.statements[0]).toMatchObject({
    command: 'SELECT',
    rowCount: 1,
    storedRows: 1,
    cutBy: null,
    affectedRows: null,
  })
})

test('commits writes in one transaction whose id was told before the commit', async () => {
  let seenByOthers: number[] = []
  const { outcome, head, transactions, rows } = await run(
    `insert into numbers values (3, 'three') returning n; update numbers set word = 'x';`,
    {
      control: {
        beforeCommit: async (transactionId) => {
          seenByOthers = await numbers()
          expect(transactionId).toMatch(/^\d+$/)
        },
      },
    },
  )
  expect(outcome).toEqual({ fate: 'executed' })
  expect(seenByOthers).toEqual([1, 2])
  expect(await numbers()).toEqual([1, 2, 3])
  expect(rows).toEqual([['3']])
  expect(transactions).toEqual([])
  expect(
    head.statements.map(({ outcome, affectedRows, rowCount }) => [outcome, affectedRows, rowCount]),
  ).toEqual([
    ['executed', 1, 1],
    ['executed', 3, null],
  ])
})

test('undoes all statements after the first error and says where it is', async () => {
  const content = `insert into numbers values (3);\n\n/* ü */ select 'ü', nope from numbers;\nselect 1`
  const { outcome, head } = await run(content)
  expect(await numbers()).toEqual([1, 2])
  expect(head.statements.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'failed', 'not-executed'])
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back' })
  expect(head.error).toEqual({
    code: '42703',
    message: 'column "nope" does not exist',
    detail: null,
    hint: null,
    position: 13,
    line: 3,
    column: 21,
    stack: null,
  })
  expect(head.statements[1]?.offset).toBe(content.indexOf('select'))
})

test('reads can not write, whatever they call themselves', async () => {
  await admin.query(`create or replace function sneaky() returns int language plpgsql stable as
    $$ begin insert into numbers values (9); return 1; end $$`)
  const { outcome } = await run('select sneaky()')
  expect(outcome).toMatchObject({
    fate: 'failed',
    effects: 'none',
    error: { code: expect.stringMatching(/^(25006|0A000)$/) as string },
  })
  const settings = await run(
    `select set_config('transaction_read_only', 'off', false); select * from numbers`,
  )
  expect(settings.outcome).toMatchObject({ fate: 'failed', effects: 'none' })
  expect(await numbers()).toEqual([1, 2])
})

test('a SELECT of a volatile function of the database runs as a write', async () => {
  await admin.query(`create or replace function add_number() returns int language sql as
    'insert into numbers values (7) returning n'`)
  const { outcome, rows } = await run('select add_number()')
  expect(outcome).toEqual({ fate: 'executed' })
  expect(rows).toEqual([['7']])
  expect(await numbers()).toEqual([1, 2, 7])
})

test.each([
  ['commit', /opens and closes the transaction/],
  ['insert into numbers values (5); rollback', /opens and closes the transaction/],
  ['copy numbers from stdin', /COPY FROM STDIN/],
  ['copy numbers to stdout', /COPY FROM STDIN and TO STDOUT/],
  [`copy (select 1) to program 'id'`, /runs a program/],
  ['set transaction read write', /mode of the transaction/],
  ['set session characteristics as transaction read write', /mode of the transaction/],
  [`prepare x as delete from numbers`, /PREPARE/],
  ['insert into numbers values (5); vacuum', /Submit it alone/],
])('refuses %s before anything runs', async (content, message) => {
  const { outcome, head } = await run(content)
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'none', error: { code: 'REFUSED' } })
  expect(head.error?.message).toMatch(message)
  expect(head.statements.every((statement) => statement.outcome === 'not-executed')).toBe(true)
  expect(await numbers()).toEqual([1, 2])
})

test('runs alone what can not run in a transaction', async () => {
  const sent: string[] = []
  const { outcome, head } = await run(
    'vacuum numbers; create index concurrently if not exists numbers_word on numbers (word)',
    {
      control: {
        beforeStatement: ({ text }) => {
          sent.push(text)
          return Promise.resolve()
        },
      },
    },
  )
  expect(outcome).toEqual({ fate: 'executed' })
  expect(sent).toEqual([
    'vacuum numbers',
    'create index concurrently if not exists numbers_word on numbers (word)',
  ])
  expect(head.statements.map(({ command }) => command)).toEqual(['VACUUM', 'CREATE INDEX'])
})

test('cuts by rows and still counts them all', async () => {
  const { head, rows } = await run('select g from generate_series(1, 48211) g; select 1', {
    limits: { maxRows: 1000 },
  })
  expect(rows).toHaveLength(1000)
  expect(head.statements[0]).toMatchObject({ rowCount: 48211, storedRows: 1000, cutBy: 'rows' })
  expect(head.statements[1]).toMatchObject({ rowCount: 1, storedRows: 0, cutBy: 'rows', outcome: 'executed' })
})

test('cuts by bytes', async () => {
  const { head } = await run(`select repeat('x', 1000) from generate_series(1, 100)`, {
    limits: { maxResultBytes: 10_500 },
  })
  expect(head.statements[0]).toMatchObject({ rowCount: 100, storedRows: 10, cutBy: 'bytes' })
})

test('counts all rows a cut RETURNING changed, and keeps the change', async () => {
  const { head, outcome } = await run(
    `insert into numbers select g from generate_series(10, 5009) g returning n`,
    {
      limits: { maxRows: 5 },
    },
  )
  expect(outcome).toEqual({ fate: 'executed' })
  expect(head.statements[0]).toMatchObject({
    affectedRows: 5000,
    storedRows: 5,
    rowCount: 5000,
    cutBy: 'rows',
  })
  expect(await numbers()).toHaveLength(5002)
})

test('refuses a row that is larger than it ever reads', async () => {
  const { outcome } = await run(`select repeat('x', 100 * 1024 * 1024)`)
  expect(outcome).toMatchObject({ fate: 'failed', error: { code: 'ROW_TOO_LARGE' } })
})

test('cancels on the server and drops its locks when it is stopped', async () => {
  const stop = new AbortController()
  const running = run('update numbers set n = n + 10 where n = 1; select pg_sleep(60)', {
    control: { signal: stop.signal },
  })
  await expect
    .poll(
      async () =>
        (
          await admin.query(
            `select 1 from pg_stat_activity where query like '%pg_sleep(60)' and state = 'active'`,
          )
        ).rowCount,
    )
    .toBe(1)
  stop.abort('cancelled')
  const { outcome, head } = await running
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: 'CANCELLED' } })
  expect(head.statements.map((statement) => statement.outcome)).toEqual(['rolled-back', 'failed'])
  await admin.query(`set lock_timeout = '1s'; update numbers set word = 'free'`)
  expect(await numbers()).toEqual([1, 2])
})

test('the server itself stops a statement at the limit', async () => {
  const { outcome } = await runWithTimeout('select pg_sleep(20)', 300)
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'none', error: { code: '57014' } })
})

async function runWithTimeout(content: string, statementTimeoutMs: number) {
  const spool = new RowSpool(defaultExecutionLimits)
  return runPostgresQuery(
    {
      target,
      content,
      limits: defaultExecutionLimits,
      bounds: { ...bounds, statementTimeoutMs },
      applicationName: 'executor test',
    },
    spool,
    {
      signal: new AbortController().signal,
      beforeCommit: () => Promise.resolve(),
      beforeStatement: () => Promise.resolve(),
      reached: () => undefined,
    },
  )
}

test('rolls back when the transaction could not be recorded', async () => {
  const { outcome } = await run('delete from numbers', {
    control: { beforeCommit: () => Promise.reject(new Error('store down')) },
  })
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: 'NOT_RECORDED' } })
  expect(await numbers()).toEqual([1, 2])
})

test('says why no session could be opened, without any credential', async () => {
  const wrong = await run('select 1', { target: { port: 1 } })
  expect(wrong.outcome).toMatchObject({
    effects: 'none',
    error: { code: 'TARGET_UNREACHABLE', message: 'The database server refused the connection.' },
  })
  const database = await run('select 1', { target: { database: 'missing' } })
  expect(database.outcome).toMatchObject({
    error: { message: 'The database does not exist on this server.' },
  })
})

test('a session that the server ends mid-way leaves nothing behind', async () => {
  const { outcome } = await run(
    'insert into numbers values (3); select pg_terminate_backend(pg_backend_pid())',
  )
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: '57P01' } })
  expect(await numbers()).toEqual([1, 2])
})

test('the fate of a transaction is asked of the server', async () => {
  let id = ''
  await run('insert into numbers values (3)', {
    control: {
      beforeCommit: (transactionId) => {
        id = transactionId
        return Promise.resolve()
      },
    },
  })
  expect(await transactionFate(target, bounds, id, 0)).toBe('committed')
  await run('insert into numbers values (4)', {
    control: {
      beforeCommit: (transactionId) => {
        id = transactionId
        return Promise.reject(new Error('no'))
      },
    },
  })
  expect(await transactionFate(target, bounds, id, 0)).toBe('aborted')
})

test('syntax errors are told before anything is sent, in characters', async () => {
  const { outcome, head } = await run(`select 'ü',\n selct from from`, { target: { port: 1 } })
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'none' })
  expect(head.error).toMatchObject({ code: '42601', position: 25, line: 2, column: 13 })
  expect(head.statements).toEqual([])
})

test('keeps notices', async () => {
  const { head } = await run(`do $$ begin raise warning 'mind %', 1; end $$`)
  expect(head.notices).toEqual(['WARNING: mind 1'])
})
