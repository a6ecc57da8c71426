import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { QueryBench } from '../testing/queryBench.ts'

let bench: QueryBench

beforeAll(async () => {
  bench = await QueryBench.open()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

test('cuts by rows and still counts them all', async () => {
  const { head, rows } = await bench.run('select g from generate_series(1, 48211) g; select 1', {
    limits: { maxRows: 1000 },
  })
  expect(rows).toHaveLength(1000)
  expect(head.statements[0]).toMatchObject({ rowCount: 48211, storedRows: 1000, cutBy: 'rows' })
  expect(head.statements[1]).toMatchObject({ rowCount: 1, storedRows: 0, cutBy: 'rows', outcome: 'executed' })
})

test('cuts by bytes', async () => {
  const { head } = await bench.run(`select repeat('x', 1000) from generate_series(1, 100)`, {
    limits: { maxResultBytes: 10_500 },
  })
  expect(head.statements[0]).toMatchObject({ rowCount: 100, storedRows: 10, cutBy: 'bytes' })
})

test('one cell of 12 MB hides no later row: it is stored as its beginning, with its size', async () => {
  const { head, rows } = await bench.run(
    `select n, case when n = 2 then repeat('x', 12000000) else 'short' end as text from generate_series(1, 500) n`,
  )
  expect(rows).toHaveLength(500)
  expect(rows.at(-1)).toEqual(['500', 'short'])
  expect(head.statements[0]).toMatchObject({
    rowCount: 500,
    storedRows: 500,
    cutBy: null,
    cutCells: [{ row: 1, column: 1, bytes: 12_000_000 }],
  })
})

test('counts all rows a cut RETURNING changed, and keeps the change', async () => {
  const { head, outcome } = await bench.run(
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
  expect(await bench.numbers()).toHaveLength(5002)
})

test('refuses a row that is larger than it ever reads', async () => {
  const { outcome } = await bench.run(`select repeat('x', 100 * 1024 * 1024)`)
  expect(outcome).toMatchObject({ fate: 'failed', error: { code: 'ROW_TOO_LARGE' } })
})

test('an error and a notice that are larger than any row may be are told by their beginnings', async () => {
  const large = `repeat('x', 60 * 1024 * 1024)`
  const { outcome, head } = await bench.run(
    `do $$ begin raise notice '%', ${large}; raise exception 'äh%', ${large} using detail = ${large}, errcode = 'P0042'; end $$`,
  )
  const { error } = outcome as typeof outcome & { fate: 'failed' }
  expect([outcome.fate, error.code, error.message, error.detail]).toEqual([
    'failed',
    'P0042',
    `äh${'x'.repeat(8189)}…`,
    `${'x'.repeat(8192)}…`,
  ])
  expect(head.noticeDetails?.map(({ message }) => message)).toEqual([`${'x'.repeat(8192)}…`])
})

test('cancels on the server and drops its locks when it is stopped', async () => {
  const stop = new AbortController()
  const running = bench.run('update numbers set n = n + 10 where n = 1; select pg_sleep(60)', {
    control: { signal: stop.signal },
  })
  await expect
    .poll(
      async () =>
        (
          await bench.admin.query(
            `select 1 from pg_stat_activity where query like '%pg_sleep(60)' and state = 'active'`,
          )
        ).rowCount,
    )
    .toBe(1)
  stop.abort('cancelled')
  const { outcome, head } = await running
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: 'CANCELLED' } })
  expect(head.statements.map((statement) => statement.outcome)).toEqual(['rolled-back', 'failed'])
  await bench.admin.query(`set lock_timeout = '1s'; update numbers set word = 'free'`)
  expect(await bench.numbers()).toEqual([1, 2])
})

test('the server itself stops a statement at the limit', async () => {
  const { outcome } = await bench.run('select pg_sleep(20)', { bounds: { statementTimeoutMs: 300 } })
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'none', error: { code: '57014' } })
})
