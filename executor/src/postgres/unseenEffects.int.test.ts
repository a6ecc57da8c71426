import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { QueryBench } from '../testing/queryBench.ts'
import { ScriptBench } from '../testing/scriptBench.ts'

let queries: QueryBench
let scripts: ScriptBench

beforeAll(async () => {
  queries = await QueryBench.open()
  scripts = await ScriptBench.open()
  for (const { admin, target } of [queries, scripts]) {
    const { host, port, database, username, password } = target
    const way = `host=${host} port=${port} dbname=${database} user=${username} password=${password}`
    await admin.query(`
      create extension dblink;
      create table kept (told text);
      create sequence invoices;
      create function reach_out() returns text language sql as
        $$ select dblink_exec('${way}', 'insert into kept values (''reached'')') $$;
      create function reach_out(name text) returns text language sql immutable as $$ select reach_out() $$;
      create function texts_meet(a text, b text) returns boolean language sql as $$ select reach_out() is null $$;
      create function length(n int) returns int language sql immutable as $$ select length(reach_out('now')) $$;
      create operator === (leftarg = text, rightarg = text, function = texts_meet);
      create view reaching as select reach_out() as told;
      create view over_it as select * from reaching;
      create view by_operator as select 'a'::text === 'b'::text as met;
      create view harmless as select lower(told) as told from kept;
      create table guarded (n int);
      insert into guarded values (1);
      create policy guard on guarded using (reach_out() is not null)`)
  }
})
afterAll(async () => {
  await queries.close()
  await scripts.close()
})
beforeEach(async () => {
  await queries.reset()
  await scripts.reset()
  for (const { admin } of [queries, scripts]) await admin.query('truncate kept')
})

const kept = async ({ admin }: Pick<QueryBench, 'admin'>) =>
  (await admin.query('select told from kept')).rows.length
const failing = 'select 1 / 0'
const mayBeLeft = [expect.stringMatching(/^WARNING: SRE Portal: the rollback may not have undone this: /)]

describe('a query that was rolled back and calls what can not be judged', () => {
  test.each([
    `select reach_out(); ${failing}`,
    `insert into numbers select 9 where reach_out() is not null; ${failing}`,
    `do $$ begin perform reach_out(); end $$; ${failing}`,
    `do $$ begin execute 'select reach' || '_out()'; end $$; ${failing}`,
    `create function pg_temp.hidden() returns void language plpgsql as $$ begin execute format('select %I()', 'reach_' || 'out'); end $$; select pg_temp.hidden(); ${failing}`,
    `create procedure hidden() language plpgsql as $$ begin execute format('select %I()', 'reach_' || 'out'); end $$; call hidden(); ${failing}`,
  ])('tells that something may be left: %s', async (content) => {
    const { outcome, head } = await queries.run(content)
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(head.notices).toEqual(mayBeLeft)
    expect(await kept(queries)).toBe(1)
  })

  test('also of a sequence that a text moves which is put together', async () => {
    const { outcome } = await queries.run(
      `do $$ begin execute 'select next' || 'val(''invoices'')'; end $$; ${failing}`,
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    const { rows } = await queries.admin.query('select is_called from invoices')
    expect(rows).toEqual([{ is_called: true }])
  })

  test.each([`select nextval('nosuchseq')`, `select reach_out(5)`])(
    'and does not say that it was done where it was not: %s',
    async (content) => {
      const { outcome, head } = await queries.run(content)
      expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
      expect(head.notices).toEqual(mayBeLeft)
    },
  )

  test.each([
    `do $$ begin update numbers set n = n + 10; if (1 = 1) then raise exception 'no'; end if; end $$`,
    `insert into numbers (n, word) select 9, lower('NINE'); ${failing}`,
  ])('is rolled back where all of it is known: %s', async (content) => {
    const { outcome, head } = await queries.run(content)
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back' })
    expect(head.notices).toEqual([])
  })
})

test.each(['single', 'per-statement'] as const)(
  'a script that throws after such a call tells that something may be left (%s)',
  async (mode) => {
    const { outcome } = await scripts.run(
      `await db.query("do $$ begin execute 'select reach' || '_out()'; end $$"); throw new Error('no')`,
      { mode },
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await kept(scripts)).toBe(1)
  },
)

describe('what is read through views, policies and names of the database', () => {
  test.each([
    [`select * from over_it; ${failing}`, 1],
    [`select * from reaching; ${failing}`, 1],
    [`select met from by_operator; ${failing}`, 1],
    [`select length(n) from numbers where n = 1; ${failing}`, 1],
    [`insert into numbers select 9 from over_it; ${failing}`, 1],
  ])('is told as what may be left: %s', async (content, left) => {
    const { outcome, head } = await queries.run(content)
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(head.notices).toEqual(mayBeLeft)
    expect(head.noticeDetails?.map(({ statement }) => statement)).toEqual([0])
    expect(await kept(queries)).toBe(left)
  })

  test.each([
    ['select * from over_it', [null]],
    ['select 1; select * from reaching', [0, null]],
    ['select * from guarded', [null]],
    ['select told from harmless', [0]],
    ['select * from pg_catalog.pg_tables', [0]],
    ['select table_name from information_schema.tables', [0]],
  ])('changes nobody knows how many rows: %s', async (content, affected) => {
    const { outcome, head } = await queries.run(content)
    expect(outcome).toEqual({ fate: 'executed' })
    expect(head.statements.map(({ affectedRows }) => affectedRows)).toEqual(affected)
  })

  test.each([`select * from harmless; ${failing}`, `select n, upper(word) from numbers; ${failing}`])(
    'is nothing where all of it is known: %s',
    async (content) => {
      const { outcome, head } = await queries.run(content)
      expect(outcome).toMatchObject({ fate: 'failed', effects: 'none' })
      expect(head.notices).toEqual([])
    },
  )

  test.each(['single', 'per-statement'] as const)('is told of scripts too (%s)', async (mode) => {
    const { outcome, head, intents } = await scripts.run(
      `await db.query('select * from over_it'); throw new Error('no')`,
      { mode },
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(head.statements.map(({ affectedRows }) => affectedRows)).toEqual([null])
    expect(intents.map(({ readOnly }) => readOnly)).toEqual([false])
    expect(await kept(scripts)).toBe(1)
    const known = await scripts.run(`await db.query('select * from harmless'); throw new Error('no')`, {
      mode: 'per-statement',
    })
    expect(known.outcome).toMatchObject({ fate: 'failed', effects: 'none' })
    expect(known.intents.map(({ readOnly }) => readOnly)).toEqual([true])
  })
})
