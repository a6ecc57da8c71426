import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { parseMongo, parseScript } from './textAnalysis.ts'

// A process of its own reads some two hundred texts; a busy machine takes its time for that.
vi.setConfig({ testTimeout: 240_000 })

interface Read {
  what: string
  error: { code: string | null; line: number | null; column: number | null } | null
  next: boolean
}

const reader = fileURLToPath(new URL('./testing/readDeepTexts.ts', import.meta.url))

/** What a process of its own tells of texts of this depth; rejects when one of them ends it. */
async function readDeep(depth: number): Promise<Read[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', reader, String(depth)], {
    maxBuffer: 2 ** 24,
  })
  return JSON.parse(stdout) as Read[]
}

test.each([5_000, 100_000])(
  'a text that nests %i deep, by whatever construct, is refused at its place, and ends neither the process nor what waits behind it',
  async (depth) => {
    const read = await readDeep(depth)
    expect(read.filter(({ next }) => !next)).toEqual([])
    const ofJavaScript = read.filter(({ what }) => !what.startsWith('SQL'))
    expect(ofJavaScript.length).toBeGreaterThan(170)
    const others = ofJavaScript.filter(
      ({ error }) => error?.code !== 'TOO_COMPLEX' || error.line !== 1 || error.column === null,
    )
    expect(others).toEqual([])
    // PostgreSQL's own parser takes some of these without recursion.
    expect(new Set(read.map(({ error }) => error?.code))).toEqual(
      new Set(['TOO_COMPLEX', undefined, '42601']),
    )
  },
)

test.each([
  [
    'a chain of 2,000 parts',
    `return ${Array.from({ length: 2_000 }, (_, at) => `'part ${at}'`).join(' + ')}`,
  ],
  ['brackets 300 deep', `return ${'('.repeat(300)}1${')'.repeat(300)}`],
  ['templates 200 deep', `return ${'`${'.repeat(200)}1${'}`'.repeat(200)}`],
  ['functions 100 deep', `return ${'(() => { return '.repeat(100)}1${' })()'.repeat(100)}`],
  ['a choice of 500', `return ${Array.from({ length: 500 }, (_, at) => `a === ${at} ? ${at} : `).join('')}0`],
  ['500 times else if', `${Array.from({ length: 500 }, (_, at) => `if (db.a${at}) ; else `).join('')};`],
  ['a chain of 1,000 calls', `return db.collection('a').find({})${'.sort({ a: 1 })'.repeat(1_000)}`],
  ['15,000 statements', 'await db.query(`select ${1}`)\n'.repeat(15_000)],
])('%s is read', async (_what, content) => {
  expect(await parseScript(content)).toEqual({ accepted: true })
})

test('a refusal names the line and the column at which the bound is passed', async () => {
  const content = `const a = 1\nreturn ${'('.repeat(5_000)}1${')'.repeat(5_000)}`
  const parsed = await parseScript(content)
  if (!('error' in parsed)) throw new Error('This text was not refused.')
  expect(parsed.error).toMatchObject({
    code: 'TOO_COMPLEX',
    line: 2,
    hint: 'Nothing was sent to the database.',
  })
  expect(parsed.error.message).toContain('nested too deeply here')
  expect(parsed.error.column).toBeGreaterThan(300)
  expect(parsed.error.column).toBeLessThan(1_000)
})

test.each([
  ['a template', `db.adv.find({a:${'`${'.repeat(5_000)}1${'}`'.repeat(5_000)}})`],
  ['lists', `db.adv.find({a:${'['.repeat(5_000)}${']'.repeat(5_000)}})`],
  ['documents', `db.adv.find(${'{a:'.repeat(5_000)}1${'}'.repeat(5_000)})`],
  ['a sum', `db.adv.find({a:${'1+'.repeat(50_000)}1})`],
  ['calls', `db.adv.find({})${'.sort({a:1})'.repeat(20_000)}`],
  ['methods of a value', `db.adv.find({a:ObjectId()${'.toString()'.repeat(20_000)}})`],
  ['constructors', `db.adv.find({a:${'ObjectId('.repeat(5_000)}${')'.repeat(5_000)}})`],
])('%s of a MongoDB query is refused at its place when it nests without end', async (_what, content) => {
  const parsed = await parseMongo(content)
  expect(parsed).toMatchObject({ error: { code: 'TOO_COMPLEX', line: 1 } })
  expect('error' in parsed && parsed.error.column).toBeGreaterThan(0)
})

test('a document of a MongoDB query that no database would keep is refused, however little text it takes', async () => {
  const nested = (depth: number) => `db.adv.insertOne(${'{a:'.repeat(depth)}1${'}'.repeat(depth)})`
  expect(await parseMongo(nested(90))).toMatchObject({ statements: [{ offset: 0 }] })
  expect(await parseMongo(nested(300))).toMatchObject({
    error: { code: 'SYNTAX', message: 'Documents are nested at most 100 levels.' },
  })
})
