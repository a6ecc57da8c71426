import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ScriptBench } from '../testing/scriptBench.ts'

// A script that ends within its second transaction, in every way but its own: the table is the judge of what its statements are told as.

let bench: ScriptBench
beforeAll(async () => {
  bench = await ScriptBench.open()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

const insert = (id: number) => `insert into notes values (${id})`
const script = (end: string) => `
  await db.transaction((tx) => tx.query('${insert(0)}'))
  await db.transaction(async (tx) => { await tx.query('${insert(1)}'); await tx.query('${insert(2)}'); ${end} })`
const sleep = `await tx.query('select pg_sleep(30)')`

test.each<[way: string, end: string, options: { timeMs?: number; isKilled?: boolean }]>([
  ['throws', `throw new Error('no')`, {}],
  ['is refused by the database', `await tx.query('select 1 / 0')`, {}],
  ['catches an error of the database', `await tx.query('select 1 / 0').catch(() => {})`, {}],
  ['takes all the memory', `const all = []; for (;;) all.push(new Array(1e6).fill(Math.random()))`, {}],
  ['never yields', 'for (;;);', { timeMs: 4000 }],
  ['runs too long', sleep, { timeMs: 4000 }],
  ['loses its connection', sleep, { isKilled: true }],
  ['loses its connection and catches that', `${sleep}.catch(() => {})`, { isKilled: true }],
  ['exits', 'Deno.exit(0)', {}],
])('a script that %s within a transaction of its own', { timeout: 60_000 }, async (_way, end, options) => {
  const { timeMs, isKilled = false } = options
  const running = bench.run(script(end), {
    mode: 'per-statement',
    ...(timeMs !== undefined && { timeMs }),
  })
  const [{ outcome, head }] = await Promise.all([running, isKilled && bench.killDuring('select pg_sleep')])
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
  expect(head.statements.slice(0, 3).map((statement) => statement.outcome)).toEqual([
    'executed',
    'rolled-back',
    'rolled-back',
  ])
  expect(await bench.notes()).toEqual([0])
})
