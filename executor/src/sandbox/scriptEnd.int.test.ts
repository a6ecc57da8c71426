import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ScriptBench } from '../testing/scriptBench.ts'

let bench: ScriptBench
beforeAll(async () => {
  bench = await ScriptBench.open()
})
afterAll(() => bench.close())
beforeEach(() => bench.admin.query('drop table if exists marks; create table marks (id int)'))

const count = async () =>
  (await bench.admin.query<{ n: number }>('select count(*)::int as n from marks')).rows[0]?.n

const insert = (id: string) => `db.query('insert into marks values ($1)', [${id}])`

test.for([
  [
    'an async function that nobody awaits',
    `async function main() { for (let id = 0; id < 20; id++) await ${insert('id')} } main()`,
  ],
  [
    'a chain of then',
    `let chain = Promise.resolve(); for (let id = 0; id < 20; id++) chain = chain.then(() => ${insert('id')})`,
  ],
  [
    'forEach with an async function',
    `Array.from({ length: 20 }).forEach(async (_, id) => { await ${insert('id')}; })`,
  ],
  [
    'a timer that starts the next one',
    `let id = 0; const next = () => { if (id < 20) ${insert('id++')}.then(() => setTimeout(next, 1)) }; setTimeout(next, 5)`,
  ],
  [
    'an interval that ends itself',
    `let id = 0; const timer = setInterval(() => { ${insert('id++')}; if (id === 20) clearInterval(timer) }, 1)`,
  ],
  [
    'an abort signal that fires later',
    `AbortSignal.timeout(30).addEventListener('abort', () => { for (let id = 0; id < 20; id++) ${insert('id')} })`,
  ],
  [
    'a module that is loaded meanwhile',
    `import('data:text/javascript,export default 20').then(async (m) => { for (let id = 0; id < m.default; id++) await ${insert('id')} })`,
  ],
])('a script is over when nothing of it is under way any more: %s', async ([, source]) => {
  const { outcome, head } = await bench.run(source ?? '')
  expect([outcome, head.statements.length, await count()]).toEqual([{ fate: 'executed' }, 20, 20])
})

test('what is returned is read when all is done', async () => {
  const { returned } = await bench.run(
    `const out = []; setTimeout(async () => out.push((await db.query('select 7 as n')).rows[0].n), 5); return out`,
  )
  expect(returned).toEqual([7])
})

test('an error of what nobody awaits fails the run and undoes it', async () => {
  const { outcome } = await bench.run(
    `async function main() { await ${insert('1')}; await db.query('select 1/0') } main(); return 'fine'`,
  )
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: '22012' } })
  expect(await count()).toBe(0)
})

test('a script that waits for nothing that will ever come is told so at once', async () => {
  const { outcome } = await bench.run(`await ${insert('1')}; await new Promise(() => {})`)
  expect(outcome).toMatchObject({
    fate: 'failed',
    effects: 'rolled-back',
    error: { message: expect.stringContaining('waits for something that never comes') as string },
  })
  expect(await count()).toBe(0)
})

test('an interval that never ends runs into the time limit, and nothing stays', async () => {
  const { outcome } = await bench.run(`setInterval(() => ${insert('1')}, 100); return "done?"`, {
    timeMs: 1500,
  })
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: 'TIME_LIMIT' } })
  expect(await count()).toBe(0)
})

test('a call that the writing of the result begins is not lost without a word', async () => {
  const { outcome } = await bench.run(
    `await ${insert('1')}; return { toJSON() { ${insert('2')}; return 'x' } }`,
  )
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'rolled-back', error: { code: 'UNFINISHED' } })
  expect(await count()).toBe(0)
})

test("a database's error that nobody catches keeps all that the database said, and the line of the script", async () => {
  await bench.admin.query('create unique index on marks (id); insert into marks values (1)')
  const source = `const note = '😀'
  // a comment
  await db.query('insert into marks values (1)')`
  const { outcome } = await bench.run(source)
  expect(outcome).toMatchObject({
    fate: 'failed',
    error: {
      code: '23505',
      detail: 'Key (id)=(1) already exists.',
      line: 3,
      column: 12,
      stack: expect.stringMatching(/script:3:12/) as string,
    },
  })
  const wrong = await bench.run(`await db.query('select nane from marks')`)
  expect(wrong.outcome).toMatchObject({ error: { code: '42703', position: 8 } })
})

test('an error that is caught tells the script as much', async () => {
  const { returned } = await bench.run(`
    try { await db.query('select nane') } catch (e) { return [e.name, e.code, e.position, e instanceof Error, /script|anonymous/.test(e.stack)] }`)
  expect(returned).toEqual(['DatabaseError', '42703', 8, true, true])
})

test('causes and the errors of an AggregateError are kept', async () => {
  const wrapped = await bench.run(
    `try { await db.query('select 1/0') } catch (cause) { throw new Error('the import failed', { cause }) }`,
  )
  expect(wrapped.outcome).toMatchObject({
    error: {
      code: 'Error',
      message: 'the import failed',
      detail: expect.stringContaining('caused by: DatabaseError: division by zero') as string,
    },
  })
  const many = await bench.run(
    `await Promise.any([Promise.reject(new Error('one')), Promise.reject(new TypeError('two'))])`,
  )
  expect(many.outcome).toMatchObject({ error: { detail: 'error 1: Error: one\nerror 2: TypeError: two' } })
})

test('places are counted in characters and in the lines that JavaScript sees', async () => {
  const { outcome } = await bench.run(`const a = 1\r\nconst b = '😀😀'; throw new Error('here')`)
  expect(outcome).toMatchObject({ error: { line: 2, column: 23 } })
})

test("a syntax error that the script meets in a text is told at the script's line", async () => {
  const { outcome } = await bench.run(`const a = 1\nJSON.parse('{')`)
  expect(outcome).toMatchObject({ error: { code: 'SyntaxError', line: 2 } })
})
