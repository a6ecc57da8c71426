import type { Work } from '../soak/work.ts'
import type { Beside } from './hostileWork.ts'

/** Texts that take a parser's time or memory: comments within comments, lists and subscripts without end. */
const hostileQueries: string[] = [
  `${'/*'.repeat(32_000)}${'*/'.repeat(32_000)}select 1`,
  `${('/*'.repeat(64) + '*/'.repeat(64)).repeat(1000)}select 1`,
  `select ${'1,'.repeat(131_000)}1`,
  `select a${'[1]'.repeat(87_000)} from t`,
  `insert into t values ${'(1,2),'.repeat(43_000)}(1,2)`,
  `select ${'+'.repeat(100_000)}1`,
  `select 1${'+1'.repeat(100_000)}`,
]

const inText = (text: string) => JSON.stringify(text)

const sendsHostileQueries = `
const texts = [
  '/*'.repeat(32000) + '*/'.repeat(32000) + 'select 1',
  ('/*'.repeat(64) + '*/'.repeat(64)).repeat(1000) + 'select 1',
  'select ' + '1,'.repeat(131000) + '1',
  'select a' + '[1]'.repeat(87000) + ' from t',
  'insert into t values ' + '(1,2),'.repeat(43000) + '(1,2)',
]
for (const text of texts) {
  try {
    await db.query(text)
  } catch (error) {
    console.log(error.message.slice(0, 100))
  }
}`

const throwsLargeStack = `
Object.defineProperty(Array.prototype, 0, { set() {}, configurable: true })
const error = new Error('x')
error.stack = 'x\\n' + 'eval at , '.repeat(60000)
throw error`

const failsWithLargeMessages = `
for (let n = 0; n < 13; n++) {
  try {
    await db.query(${inText(`do $$ begin raise exception '%', repeat('x', 20000000); end $$`)})
  } catch (error) {
    console.log(error.message.length)
  }
}`

const hasManyColumns = `
const names = Array.from({ length: 1600 }, (_, n) => 'c'.repeat(55) + n)
await db.query('create temp table wide (' + names.map((name) => name + ' int').join(',') + ')')
for (let n = 0; n < 5000; n++) await db.query('select * from wide')`

/** What a script does to the executor that runs it. */
const hostileScripts: Record<string, string> = {
  'texts that take a parser’s time': sendsHostileQueries,
  'a stack of 600 kB': throwsLargeStack,
  'messages of 20 MB': failsWithLargeMessages,
  'statements of 1,600 columns': hasManyColumns,
}

export const hostileBeside: Beside = { scripts: hostileScripts, queries: hostileQueries }

const asksAndWaits = `
for (let n = 0; n < 20; n++) await db.query('select pg_sleep(0.1)')
return 'done'`

const reads = `
let rows = 0
for (let n = 0; n < 200; n++) rows += (await db.query('select g from generate_series(1, 50) g')).rows.length
return rows`

const longInsert = `insert into t values ${Array.from({ length: 4000 }, (_, n) => `(${n}, 'a note on order ${n}')`).join(', ')}`

/** As many at a time, and as long as texts of people are. */
export const honestBeside: Beside = {
  scripts: { 'asks and waits': asksAndWaits, 'reads 10,000 rows': reads },
  queries: ['select 1', 'select count(*) from t where at > now() - interval $$1 day$$', longInsert],
}

const single: Omit<Work, 'kind' | 'content'> = { engine: 'postgresql', mode: 'single', marks: [] }

/** What the other person asks for. */
export const plainQuery: Work = { ...single, kind: 'query', content: 'select 1' }

export const scriptOf = (content: string): Work => ({ ...single, kind: 'script', content })
