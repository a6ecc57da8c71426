import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { QueryBench, testBounds } from '../testing/queryBench.ts'
import { transactionFate } from './transactionStatus.ts'

let bench: QueryBench

beforeAll(async () => {
  bench = await QueryBench.open()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

test('keeps every value as the database writes it, with the name of its type', async () => {
  const { head, rows, outcome, transactions } =
    await bench.run(`select 9007199254740993::int8 as a, 1.10::numeric as b,
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
    affectedRows: 0,
  })
})

test('commits writes in one transaction whose id was told before the commit', async () => {
  let seenByOthers: number[] = []
  const { outcome, head, transactions, rows } = await bench.run(
    `insert into numbers values (3, 'three') returning n; update numbers set word = 'x';`,
    {
      control: {
        beforeKeeping: () => Promise.resolve(),
        beforeCommit: async (transactionId) => {
          seenByOthers = await bench.numbers()
          expect(transactionId).toMatch(/^\d+$/)
        },
      },
    },
  )
  expect(outcome).toEqual({ fate: 'executed' })
  expect(seenByOthers).toEqual([1, 2])
  expect(await bench.numbers()).toEqual([1, 2, 3])
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
  const { outcome, head } = await bench.run(content)
  expect(await bench.numbers()).toEqual([1, 2])
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
  await bench.admin.query(`create or replace function sneaky() returns int language plpgsql stable as
    $$ begin insert into numbers values (9); return 1; end $$`)
  // What it does can't be told from the text, so it counts as a write.
  const { outcome } = await bench.run('select sneaky()')
  expect(outcome).toMatchObject({
    fate: 'failed',
    effects: 'partial',
    error: { code: expect.stringMatching(/^(25006|0A000)$/) as string },
  })
  // An overload of one of PostgreSQL's own names, declared as harmless, is stopped by READ ONLY.
  await bench.admin.query(`create function length(p int) returns int language plpgsql immutable as
    $$ begin return sneaky(); end $$`)
  const overload = await bench.run('select length(n) from numbers')
  expect(overload.outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
  await bench.admin.query('drop function length(int)')
  const settings = await bench.run(
    `select set_config('transaction_read_only', 'off', false); select * from numbers`,
  )
  expect(settings.outcome).toMatchObject({
    fate: 'failed',
    effects: 'none',
    error: { code: 'REFUSED', line: 1, column: 1 },
  })
  expect(await bench.numbers()).toEqual([1, 2])
})

test.each([
  [
    'an overload of a name of PostgreSQL',
    'select length(n) from numbers where n = 1',
    'create function length(p int)',
  ],
  ['an attribute', 'select numbers.grown from numbers where n = 1', 'create function grown(p numbers)'],
])(
  '%s that is a function of the database and writes runs as a write',
  async (_what, content, declaration) => {
    await bench.admin.query(`${declaration} returns int language sql as
    'insert into numbers values (8) returning n'`)
    const { outcome } = await bench.run(content)
    await bench.admin.query(declaration.replace(/create function (\w+)\(p (\w+)\)/, 'drop function $1($2)'))
    expect(outcome).toEqual({ fate: 'executed' })
    expect(await bench.numbers()).toContain(8)
  },
)

test('an operator of the database runs as a write', async () => {
  await bench.admin.query(`create or replace function add_both(a int, b int) returns boolean language sql as
    'insert into numbers values (9) returning true';
    create operator === (leftarg = int, rightarg = int, function = add_both)`)
  const { outcome } = await bench.run('select 1 === 2')
  expect(outcome).toEqual({ fate: 'executed' })
  expect(await bench.numbers()).toEqual([1, 2, 9])
})

test('a SELECT of a volatile function of the database runs as a write', async () => {
  await bench.admin.query(`create or replace function add_number() returns int language sql as
    'insert into numbers values (7) returning n'`)
  const { outcome, rows } = await bench.run('select add_number()')
  expect(outcome).toEqual({ fate: 'executed' })
  expect(rows).toEqual([['7']])
  expect(await bench.numbers()).toEqual([1, 2, 7])
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
  const { outcome, head } = await bench.run(content)
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'none', error: { code: 'REFUSED' } })
  expect(head.error?.message).toMatch(message)
  expect(head.statements.every((statement) => statement.outcome === 'not-executed')).toBe(true)
  expect(await bench.numbers()).toEqual([1, 2])
})

test('runs alone what can not run in a transaction', async () => {
  const sent: string[] = []
  const { outcome, head } = await bench.run(
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

test('rolls back when the transaction could not be recorded', async () => {
  const { outcome } = await bench.run('delete from numbers', {
    control: { beforeCommit: () => Promise.reject(new Error('store down')) },
  })
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: 'NOT_RECORDED' } })
  expect(await bench.numbers()).toEqual([1, 2])
})

test('says why no session could be opened, without any credential', async () => {
  const wrong = await bench.run('select 1', { target: { port: 1 } })
  expect(wrong.outcome).toMatchObject({
    effects: 'none',
    error: { code: 'TARGET_UNREACHABLE', message: 'The database server refused the connection.' },
  })
  const database = await bench.run('select 1', { target: { database: 'missing' } })
  expect(database.outcome).toMatchObject({
    error: { message: 'The database does not exist on this server.' },
  })
})

test('a session that the server ends mid-way leaves nothing behind', async () => {
  const { outcome } = await bench.run(
    'insert into numbers values (3); select pg_terminate_backend(pg_backend_pid())',
  )
  // Its rows are gone; a session that was ended stays so.
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial', error: { code: '57P01' } })
  expect(await bench.numbers()).toEqual([1, 2])
})

test('the fate of a transaction is asked of the server', async () => {
  let id = ''
  await bench.run('insert into numbers values (3)', {
    control: {
      beforeCommit: (transactionId) => {
        id = transactionId
        return Promise.resolve()
      },
    },
  })
  expect(
    await transactionFate(bench.target, testBounds, { transactionId: id, systemIdentifier: undefined }, 0),
  ).toBe('committed')
  await bench.run('insert into numbers values (4)', {
    control: {
      beforeCommit: (transactionId) => {
        id = transactionId
        return Promise.reject(new Error('no'))
      },
    },
  })
  expect(
    await transactionFate(bench.target, testBounds, { transactionId: id, systemIdentifier: undefined }, 0),
  ).toBe('aborted')
  const lostInCrash = String(BigInt(id) + 1_000_000n)
  expect(
    await transactionFate(
      bench.target,
      testBounds,
      { transactionId: lostInCrash, systemIdentifier: undefined },
      0,
    ),
  ).toBe('aborted')
})

test('syntax errors are told before anything is sent, in characters', async () => {
  const { outcome, head } = await bench.run(`select 'ü',\n selct from from`, { target: { port: 1 } })
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'none' })
  expect(head.error).toMatchObject({ code: '42601', position: 25, line: 2, column: 13 })
  expect(head.statements).toEqual([])
})

test('keeps notices', async () => {
  const { head } = await bench.run(`do $$ begin raise warning 'mind %', 1; end $$`)
  expect(head.notices).toEqual(['WARNING: mind 1'])
})
