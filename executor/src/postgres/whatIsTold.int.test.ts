import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { QueryBench } from '../testing/queryBench.ts'
import { ScriptBench } from '../testing/scriptBench.ts'

let bench: QueryBench
let scripts: ScriptBench

beforeAll(async () => {
  bench = await QueryBench.open()
  scripts = await ScriptBench.open()
  for (const { admin } of [bench, scripts])
    await admin.query(
      'create function doubled() returns setof int language plpgsql as $$ begin update numbers set word = word || word; return query select 1; end $$',
    )
})
afterAll(async () => {
  await bench.close()
  await scripts.close()
})
beforeEach(async () => {
  await bench.reset()
  await scripts.reset()
})

describe('rows that were changed', () => {
  test.each<[content: string, affected: number | null]>([
    ['explain (analyze) delete from numbers', null],
    ['do $$ begin delete from numbers; end $$', null],
    ['with gone as (delete from numbers returning *) select * from gone', null],
    ['create table copied as select * from generate_series(1, 7) g', 7],
    ['select * into copied_too from generate_series(1, 7) g', 7],
    ['create materialized view seen as select * from numbers', 2],
    ['update numbers set word = word', 2],
    ['update numbers set word = word returning n', 2],
    ['insert into numbers values (1) on conflict do nothing', 0],
    [
      'merge into numbers using (values (1), (9)) as s (n) on s.n = numbers.n when not matched then insert values (s.n) when matched then delete',
      2,
    ],
    [
      `with i as (insert into numbers values (7), (8) returning *) update numbers set n = n where false`,
      null,
    ],
    [
      `with d as (delete from numbers returning *) insert into numbers select n + 10 from d where n = 1`,
      null,
    ],
    [`with u as (update numbers set word = 'x' returning *) delete from numbers where false`, null],
    [
      `with g as (delete from numbers where n = 1 returning *) merge into numbers using (values (5)) as s (n) on false when not matched then insert values (s.n)`,
      null,
    ],
    [`with one as (select 9 as n) insert into numbers select n from one`, 1],
    [`with gone as (delete from numbers returning *) select from gone`, null],
    ['select from numbers', 0],
    ['select from doubled()', null],
    ['select doubled()', null],
    ['truncate numbers', null],
    ['create table made (n int)', null],
    ['select * from numbers', 0],
    ['explain delete from numbers', 0],
  ])('%s: %s', async (content, affected) => {
    const { outcome, head } = await bench.run(content)
    await bench.admin.query(
      'drop materialized view if exists seen; drop table if exists copied, copied_too, made',
    )
    expect(outcome).toEqual({ fate: 'executed' })
    expect(head.statements.map(({ affectedRows }) => affectedRows)).toEqual([affected])
  })

  test('are told of scripts in the same way', async () => {
    const { head } = await scripts.run(`
      await db.query('create table copied as select * from generate_series(1, 7) g')
      await db.query('with made as (insert into notes values (1) returning *) select * from made')
      await db.query('select 1')
      await db.query('insert into notes values (2), (3) returning id')
      await db.query('with gone as (delete from notes returning *) insert into notes select 9 from gone where id = 1')
      await db.query('drop table copied')`)
    expect(head.statements.map(({ affectedRows }) => affectedRows)).toEqual([7, null, 0, 2, null, null])
  })
})

describe('an error', () => {
  test('stands where the database meant it, after emoji and after every kind of line end', async () => {
    const content = `select '😀🎉';\r\nselect 'ü', '😀',\r\n\t'🎉' as x, nothere from numbers`
    const { head } = await bench.run(content)
    const [, failed] = head.statements
    const characters = [...content]
    expect(characters.slice(failed?.offset ?? -1).join('')).toMatch(/^select 'ü'/)
    expect(characters.slice((failed?.offset ?? 0) + (failed?.error?.position ?? 0) - 1).join('')).toMatch(
      /^nothere/,
    )
    expect([failed?.error?.line, failed?.error?.column]).toEqual([3, 12])
  })

  test('keeps where in functions it happened and what it is about', async () => {
    await bench.admin.query(`
      create or replace function fail() returns void language plpgsql as $$ begin execute 'select 1 from nowhere'; end $$;
      alter table numbers add constraint small check (n < 100)`)
    const inner = await bench.run('select fail()')
    expect(inner.head.error).toMatchObject({
      code: '42P01',
      internalQuery: 'select 1 from nowhere',
      internalPosition: 15,
      context: expect.stringContaining('PL/pgSQL function fail() line 1 at EXECUTE') as string,
    })
    const check = await bench.run('insert into numbers values (100)')
    expect(check.head.error).toMatchObject({
      code: '23514',
      detail: 'Failing row contains (100, null).',
      schemaName: 'public',
      tableName: 'numbers',
      constraintName: 'small',
    })
    const notNull = await bench.run('insert into numbers values (null)')
    expect(notNull.head.error).toMatchObject({ code: '23502', tableName: 'numbers', columnName: 'n' })
  })

  test('that a script did not catch keeps all that the database said, and where the script was', async () => {
    const { outcome } = await scripts.run(
      `await db.query('insert into notes values (1)')\nawait db.query('insert into notes values (1)')`,
    )
    expect(outcome).toMatchObject({
      fate: 'failed',
      error: {
        code: '23505',
        detail: 'Key (id)=(1) already exists.',
        constraintName: 'notes_pkey',
        tableName: 'notes',
        line: 2,
      },
    })
    const { returned } = await scripts.run(
      `return await db.query("do $$ begin raise exception 'boom' using hint = 'do not', detail = 'much'; end $$").catch(({ name, code, hint, detail, context }) => ({ name, code, hint, detail, context }))`,
    )
    expect(returned).toEqual({
      name: 'DatabaseError',
      code: 'P0001',
      hint: 'do not',
      detail: 'much',
      context: 'PL/pgSQL function inline_code_block line 1 at RAISE',
    })
  })
})

test('a notice keeps its detail, hint, place and statement', async () => {
  const { head } = await bench.run(
    `select 1; do $$ begin raise notice 'careful' using detail = 'why', hint = 'how', errcode = '01007'; end $$`,
  )
  expect(head.notices).toEqual(['NOTICE: careful\nDETAIL: why\nHINT: how'])
  expect(head.noticeDetails).toEqual([
    {
      statement: 1,
      severity: 'NOTICE',
      code: '01007',
      message: 'careful',
      detail: 'why',
      hint: 'how',
      context: 'PL/pgSQL function inline_code_block line 1 at RAISE',
    },
  ])
})

describe('what a run keeps beside its rows', () => {
  const mebibyte = 1024 * 1024

  test('errors and notices of any length are cut where they come in', async () => {
    const { head } = await scripts.run(
      `const told = []
       for (let at = 0; at < 3; at++)
         await db.transaction((tx) => tx.query("do $$ begin raise notice '%', repeat('n', 5000000); raise exception '%', repeat('x', 20000000) using detail = repeat('d', 100000); end $$")).catch((error) => told.push(error.message.length))
       return told`,
    )
    expect(JSON.parse(head.returned ?? '')).toEqual([8193, 8193, 8193])
    expect(head.statements.map(({ error }) => [error?.message.length, error?.detail?.length])).toEqual(
      Array(3).fill([8193, 8193]),
    )
    expect(head.noticeDetails?.map(({ message }) => message.length)).toEqual([8193, 8193, 8193])
  })

  test('names of any length, as a function may give its error, are cut where they come in', async () => {
    const named = ['schema', 'table', 'column', 'datatype', 'constraint', 'hint']
      .map((name) => `${name} = repeat('n', 1000000)`)
      .join(', ')
    const { head } = await bench.run(`do $$ begin raise exception 'boom' using ${named}; end $$`)
    const { schemaName, tableName, columnName, dataTypeName, constraintName, hint } = head.error ?? {}
    const lengths = [schemaName, tableName, columnName, dataTypeName, constraintName, hint]
    expect(lengths.map((text) => text?.length)).toEqual(Array(6).fill(8193))
    expect(head.error?.message).toBe('boom')
  })

  test('columns without end are counted and cut, in words', { timeout: 120_000 }, async () => {
    const columns = Array.from({ length: 1600 }, (_, at) => `1 as ${'c'.repeat(56)}${at}`).join(', ')
    await bench.admin.query(`create or replace view wide as select ${columns}`)
    const before = process.memoryUsage().rss
    const { outcome, head, rows } = await bench.run('select * from wide;'.repeat(400), {
      limits: { timeMs: 110_000 },
      bounds: { statementTimeoutMs: 110_000 },
    })
    expect(outcome).toEqual({ fate: 'executed' })
    expect(head.statements).toHaveLength(400)
    const whole = head.statements.filter((statement) => statement.columns.length === 1600)
    expect(whole.length).toBeGreaterThan(50)
    expect(rows).toHaveLength(whole.length)
    expect(head.statements.at(-1)).toMatchObject({ columns: [], storedRows: 0, cutBy: 'bytes', rowCount: 1 })
    expect(head.notices).toEqual([
      expect.stringContaining(
        `the columns and rows of ${(400 - whole.length).toLocaleString('en-US')} statements`,
      ),
    ])
    expect(JSON.stringify(head).length).toBeLessThan(20 * mebibyte)
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * mebibyte)
  })
})
