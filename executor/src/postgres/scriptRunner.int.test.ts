import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { TransactionMode } from '@sre-portal/contracts'
import type { RunControl } from '../runControl.ts'
import { benchName, ScriptBench } from '../testing/scriptBench.ts'

let bench: ScriptBench

beforeAll(async () => {
  bench = await ScriptBench.open()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

const run = (source: string, mode: TransactionMode = 'single', control: Partial<RunControl> = {}) =>
  bench.run(source, { mode, control })
const notes = () => bench.notes()

test('runs a whole script in one transaction and records each statement before it is sent', async () => {
  const { outcome, returned, transactions, intents, head } = await run(`
    for (let id = 1; id <= 3; id++) await db.query('insert into notes values ($1, $2)', [id, 'note ' + id])
    const { rows, rowCount } = await db.query('select count(*) as n from notes')
    console.log('counted', rows[0])
    return { n: rows[0].n, rowCount, requestId: params.requestId }`)
  expect(outcome).toEqual({ fate: 'executed' })
  expect(returned).toEqual({ n: '3', rowCount: 1, requestId: 'r1' })
  expect(transactions).toHaveLength(1)
  expect(intents.map(({ ordinal, parameters }) => [ordinal, parameters])).toEqual([
    [0, '[1,"note 1"]'],
    [1, '[2,"note 2"]'],
    [2, '[3,"note 3"]'],
    [3, null],
  ])
  expect(head.logs).toEqual([{ atMs: expect.any(Number) as number, level: 'log', text: 'counted {"n":"3"}' }])
  expect(
    head.statements.map((statement) => [statement.outcome, statement.command, statement.affectedRows]),
  ).toEqual([
    ['executed', 'INSERT', 1],
    ['executed', 'INSERT', 1],
    ['executed', 'INSERT', 1],
    ['executed', 'SELECT', 0],
  ])
  expect(await notes()).toEqual([1, 2, 3])
})

test('values come as documented and go back unchanged', async () => {
  const { returned } = await run(`
    const all = await db.query(\`select 9007199254740993::int8 a, 1.50::numeric b, 1.5::float8 c, true d, '{"x":[1]}'::jsonb e,
      '\\\\x00ff'::bytea f, array[array['a"b','c,d'],array[null,'NULL']] g, '2026-01-02 03:04:05.123456+00'::timestamptz::text h, null::int4 i\`)
    const row = all.rows[0]
    const back = await db.query('select $1::int8 a, $2::numeric b, $3::float8 c, $4::bool d, $5::jsonb e, $6::bytea f, $7::text[] g, $8::text h, $9::int4 i',
      [row.a, row.b, row.c, row.d, row.e, row.f, row.g, row.h, row.i])
    const types = await db.query('select $1::int8 = 12345678901234567890123::numeric as a, $2::timestamptz = to_timestamp(0) as b, $3::int4[] as c', [1n, new Date(0), [1, 2]])
    return { row, bytes: row.f instanceof Uint8Array, same: JSON.stringify(row) === JSON.stringify(back.rows[0]), types: types.rows[0] }`)
  expect(returned).toEqual({
    row: {
      a: '9007199254740993',
      b: '1.50',
      c: 1.5,
      d: true,
      e: { x: [1] },
      f: '\\x00ff',
      g: [
        ['a"b', 'c,d'],
        [null, 'NULL'],
      ],
      h: '2026-01-02 03:04:05.123456+00',
      i: null,
    },
    bytes: true,
    same: true,
    types: { a: false, b: true, c: [1, 2] },
  })
})

test.each([
  ['2026-01-02T03:04:05.678Z', '2026-01-02 03:04:05.678+00'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31 23:59:59.999+00'],
  ['+010000-01-01T00:00:00.000Z', '10000-01-01 00:00:00+00'],
  ['+012345-06-07T08:09:10.011Z', '12345-06-07 08:09:10.011+00'],
  ['+271821-12-31T00:00:00.001Z', '271821-12-31 00:00:00.001+00'],
  ['0999-03-04T05:06:07.000Z', '0999-03-04 05:06:07+00'],
  ['0099-03-04T05:06:07.000Z', '0099-03-04 05:06:07+00'],
  ['0001-01-01T00:00:00.000Z', '0001-01-01 00:00:00+00'],
  ['0000-12-31T23:59:59.999Z', '0001-12-31 23:59:59.999+00 BC'],
  ['0000-02-29T00:00:00.000Z', '0001-02-29 00:00:00+00 BC'],
  ['-000001-01-01T00:00:00.000Z', '0002-01-01 00:00:00+00 BC'],
  ['-000043-03-15T12:00:00.000Z', '0044-03-15 12:00:00+00 BC'],
  ['-004712-01-01T00:00:00.000Z', '4713-01-01 00:00:00+00 BC'],
])('a Date of any year arrives as the same moment: %s', async (iso, text) => {
  const { outcome, returned } = await run(
    `const at = new Date('${iso}')
    await db.query("set time zone 'UTC'")
    const { rows: [row] } = await db.query(\`select $1::timestamptz::text a, ($2::timestamptz[])[1]::text b, extract(epoch from $1::timestamptz)::text e, $3::timestamp::text t,
      $4::date::text d, $1::timestamptz = any ($2::timestamptz[]) as same\`, [at, [at], at, at])
    return { row, ms: at.getTime() }`,
  )
  expect(outcome).toEqual({ fate: 'executed' })
  const { row, ms } = returned as { row: Record<string, string>; ms: number }
  expect(row).toMatchObject({ a: text, b: text, same: true })
  expect([row['t'], row['d']]).toEqual([text.replace('+00', ''), text.replace(/ \d+:[^ ]*/, '')])
  expect(BigInt(String(row['e']).replace('.', '')) / 1000n).toBe(BigInt(ms))
})

test('a Date that PostgreSQL has no moment for, and one that is none, are refused', async () => {
  const tooEarly = await run(
    `await db.query('select $1::timestamptz', [new Date('-200000-01-01T00:00:00Z')])`,
  )
  expect(tooEarly.outcome).toMatchObject({ fate: 'failed', error: { code: '22008' } })
  const invalid = await run(`await db.query('select $1::timestamptz', [new Date(NaN)])`)
  expect(invalid.outcome).toMatchObject({
    fate: 'failed',
    effects: 'none',
    error: { message: '$1 is an invalid date. Nothing was sent.' },
  })
})

test('minus zero keeps its sign', async () => {
  const { returned } = await run(
    `return (await db.query('select $1::float8::text a, $2::float8[]::text b, $3::int4::text c, $4::numeric::text d', [-0, [-0], -0, -0])).rows[0]`,
  )
  expect(returned).toEqual({ a: '-0', b: '{-0}', c: '0', d: '0' })
})

test('a thrown error undoes the whole script and says where it was thrown', async () => {
  const { outcome, head } = await run(
    `await db.query('insert into notes values (1)')\nthrow new RangeError('enough')`,
  )
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back' })
  expect(head.error).toMatchObject({ code: 'RangeError', message: 'enough', line: 2, column: 7 })
  expect(head.statements.map((statement) => statement.outcome)).toEqual(['rolled-back'])
  expect(await notes()).toEqual([])
})

test('a failed statement that the script ignores still undoes the transaction', async () => {
  const { outcome } = await run(`await db.query('insert into notes values (1)')
    await db.query('insert into missing values (1)').catch(() => {})
    return 'fine'`)
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: '25P02' } })
  expect(await notes()).toEqual([])
})

test('db.transaction within the one transaction is a savepoint that can fail by itself', async () => {
  const { outcome, returned } = await run(`
    await db.query('insert into notes values (1)')
    const failed = await db.transaction(async (tx) => {
      await tx.query('insert into notes values (2)')
      await tx.query('insert into notes values (1)')
    }).catch((error) => [error.name, error.code])
    await db.transaction((tx) => tx.query('insert into notes values (3)'))
    return failed`)
  expect(outcome).toEqual({ fate: 'executed' })
  expect(returned).toEqual(['DatabaseError', '23505'])
  expect(await notes()).toEqual([1, 3])
})

test('statement by statement, what was done stays done', async () => {
  const { outcome, head, transactions } = await run(
    `await db.query('insert into notes values (1)')
     await db.transaction(async (tx) => { await tx.query('insert into notes values (2)'); throw new Error('no') }).catch(() => {})
     await db.query('insert into notes values (1)')`,
    'per-statement',
  )
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial', error: { code: '23505' } })
  expect(head.statements.map((statement) => statement.outcome)).toEqual(['executed', 'rolled-back', 'failed'])
  expect(transactions).toEqual([])
  expect(await notes()).toEqual([1])
})

test.each([
  ['commit', 'opens and closes the transaction itself'],
  ['select 1; drop table notes', 'One statement a call'],
  [`copy (select 1) to program 'id'`, 'runs a program'],
  ['listen x', 'LISTEN and UNLISTEN'],
  ['', 'no statement'],
  ['selct', 'syntax error'],
])('does not send %j', async (text, words) => {
  const { returned, head } = await run(
    `return await db.query(${JSON.stringify(text)}).catch((error) => error.message)`,
  )
  expect(returned).toContain(words)
  expect(head.statements).toEqual([])
})

test('stops at the limit of statements', async () => {
  const { outcome, head } = await run(`for (;;) await db.query('select 1')`)
  expect(outcome).toMatchObject({ fate: 'failed', error: { code: 'STATEMENT_LIMIT' } })
  expect(head.statements).toHaveLength(50)
})

test('when it is stopped the statement is cancelled on the server and the process is gone', async () => {
  const stop = new AbortController()
  const running = run(
    `await db.query('insert into notes values (1)'); await db.query('select pg_sleep(60)')`,
    'single',
    { signal: stop.signal },
  )
  const sleeping = `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`
  await expect.poll(async () => (await bench.admin.query(sleeping)).rowCount, { timeout: 30_000 }).toBe(1)
  stop.abort('cancelled')
  const { outcome, head } = await running
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: 'CANCELLED' } })
  expect(head.statements.map((statement) => statement.outcome)).toEqual(['rolled-back', 'failed'])
  const sessions = `select 1 from pg_stat_activity where application_name = '${benchName}' and datname = current_database()`
  await expect.poll(async () => (await bench.admin.query(sessions)).rowCount).toBe(0)
  expect(await notes()).toEqual([])
})

test('calls that nobody awaited are still carried out and recorded before the script ends', async () => {
  const { outcome, head } = await run(
    `for (let id = 1; id <= 20; id++) db.query('insert into notes values ($1)', [id])`,
  )
  expect(outcome).toEqual({ fate: 'executed' })
  expect(head.statements).toHaveLength(20)
  expect(await notes()).toHaveLength(20)
})

test('an answer that is too large is not handed over; the statement is told as executed, and what it did stays', async () => {
  const { outcome, returned, head } = await run(`
    const say = ({ code, message, hint }) => ({ code, message, hint })
    const read = await db.query("select repeat('x', 100000) from generate_series(1, 100)").catch(say)
    const written = await db.query("insert into notes select n, repeat('x', 50000) from generate_series(1, 100) as n returning *").catch(say)
    const { rows } = await db.query('select count(*)::int as count from notes')
    return { read, same: JSON.stringify(read) === JSON.stringify(written), rows }`)
  expect(outcome).toEqual({ fate: 'executed' })
  expect(returned).toEqual({
    read: {
      code: 'ANSWER_LIMIT',
      message:
        'The rows of this statement take more than 4 MiB, the most that db.query hands to a script. The statement itself was executed.',
      hint: 'Select fewer columns, or read in parts: … where id > $1 order by id limit 1000.',
    },
    same: true,
    rows: [{ count: 100 }],
  })
  expect(
    head.statements.map(({ outcome: fate, rowCount, affectedRows, error }) => [
      fate,
      rowCount,
      affectedRows,
      error,
    ]),
  ).toEqual([
    ['executed', null, 0, null],
    ['executed', 100, 100, null],
    ['executed', 1, 0, null],
  ])
})
