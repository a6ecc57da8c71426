import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { QueryBench } from '../testing/queryBench.ts'
import { ScriptBench } from '../testing/scriptBench.ts'

let queries: QueryBench
let scripts: ScriptBench

beforeAll(async () => {
  queries = await QueryBench.open()
  scripts = await ScriptBench.open()
  await scripts.reset()
  const admins = [queries.admin, scripts.admin]
  for (const admin of admins)
    await admin.query(
      'create sequence invoices; create table bills (id serial, n int); create table receipts (id int generated always as identity, n int)',
    )
})
afterAll(async () => {
  await queries.close()
  await scripts.close()
})
beforeEach(async () => {
  await queries.reset()
  for (const { admin } of [queries, scripts])
    await admin.query(`select setval('invoices', 1); truncate bills`)
})

const lastInvoice = async ({ admin }: Pick<QueryBench, 'admin'>) =>
  Number((await admin.query<{ last: string }>('select last_value as last from invoices')).rows[0]?.last)
const failing = 'select 1 / 0'
const told = [
  expect.stringMatching(
    /^WARNING: SRE Portal: the rollback may not have undone this: \w+\(\) moves a sequence/,
  ),
]

describe('a query whose transaction was rolled back', () => {
  test.each([
    [`select setval('invoices', 500); ${failing}`, 500],
    [`select nextval('invoices') from generate_series(1, 9); ${failing}`, 10],
    [`insert into bills (n) select nextval('invoices'); ${failing}`, 2],
    [`update numbers set n = n + nextval('invoices'::text::regclass); ${failing}`, 3],
    [`create table more as select setval('invoices', 77) as a; ${failing}`, 77],
    [`explain analyze select setval('invoices', 78); ${failing}`, 78],
    [`do $$ begin perform setval('invoices', 79); end $$; ${failing}`, 79],
    [`do $$ begin perform setval('invoices', 80); raise exception 'boom'; end $$`, 80],
    [`select setval('invoices', 81), 1 / (n - 1) from numbers order by n desc`, 81],
  ])('tells that a sequence moved: %s', async (content, last) => {
    const { outcome, head } = await queries.run(content)
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(head.notices).toEqual(told)
    expect(await lastInvoice(queries)).toBe(last)
  })

  test.each([
    `update bills set n = 2; delete from bills; ${failing}`,
    `explain insert into bills (n) values (1); ${failing}`,
    `insert into numbers values (9, 'nextval'); select 'setval(1)'; ${failing}`,
    `create table later (id int default nextval('invoices')); ${failing}`,
    `create view moving as select nextval('invoices'); ${failing}`,
    `explain select nextval('invoices'); select n from numbers for update; ${failing}`,
    `select currval('invoices'); update numbers set n = 7`,
    `${failing}; select setval('invoices', 500)`,
  ])('and does not where none is known to: %s', async (content) => {
    const { outcome, head } = await queries.run(content)
    expect(outcome).toMatchObject({ fate: 'failed' })
    expect(outcome).not.toMatchObject({ effects: 'partial' })
    expect(head.notices).toEqual([])
    expect(await lastInvoice(queries)).toBe(1)
  })

  test.each(['bills', 'receipts'])('tells the same of numbers that a column of %s takes', async (table) => {
    const { outcome, head } = await queries.run(`insert into ${table} (n) values (1); ${failing}`)
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(head.notices).toEqual([expect.stringMatching(new RegExp(`${table}.*sequence`))])
  })

  test('a sequence that moved before the connection was lost is told', async () => {
    const { outcome } = await queries.run(
      `select setval('invoices', 300); select pg_terminate_backend(pg_backend_pid())`,
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial', error: { code: '57P01' } })
    expect(await lastInvoice(queries)).toBe(300)
  })

  test('what succeeds says nothing of it', async () => {
    const { outcome, head } = await queries.run(`select setval('invoices', 90)`)
    expect([outcome.fate, head.notices]).toEqual(['executed', []])
  })
})

describe('a script', () => {
  const moving = `await db.query("select setval('invoices', 400)")`

  test.each(['single', 'per-statement'] as const)(
    'that throws tells that a sequence moved (%s)',
    async (mode) => {
      const { outcome } = await scripts.run(`${moving}; throw new Error('no')`, { mode })
      expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
      expect(await lastInvoice(scripts)).toBe(400)
    },
  )

  test.each(['single', 'per-statement'] as const)(
    'that goes on after its db.transaction was undone tells it (%s)',
    async (mode) => {
      const undone = `await db.transaction(async (tx) => { await tx.query("select nextval('invoices')"); throw new Error('no') }).catch(() => {})`
      const ended = await scripts.run(undone, { mode })
      expect(ended.outcome).toEqual({ fate: 'executed' })
      expect(ended.head.notices).toEqual(told)
      const { outcome, head } = await scripts.run(`${undone}; throw new Error('later')`, { mode })
      expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
      expect(head.notices).toEqual(told)
      expect(await lastInvoice(scripts)).toBe(3)
    },
  )

  test('that is refused at COMMIT tells it', async () => {
    await scripts.admin.query(`
      create table owners (id int primary key);
      alter table notes add constraint owned foreign key (id) references owners deferrable initially deferred`)
    const { outcome } = await scripts.run(`${moving}; await db.query('insert into notes values (1)')`)
    await scripts.admin.query('drop table owners cascade')
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial', error: { code: '23503' } })
  })

  test('whose other statements were undone is rolled back', async () => {
    const { outcome } = await scripts.run(
      `await db.query('insert into notes values (1)'); throw new Error('no')`,
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back' })
  })
})
