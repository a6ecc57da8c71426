import { BSONRegExp, ObjectId } from 'mongodb'
import { expect, test, vi } from 'vitest'
import { unpackOperation } from './mongo/packedOperation.ts'
import { parseMongo, parseScript, parseSql } from './textAnalysis.ts'

// Threads are started for the first texts; a busy machine takes its time for that.
vi.setConfig({ testTimeout: 60_000 })

const tooComplex = async (content: string) => {
  const parsed = await parseSql(content)
  if (!('error' in parsed)) throw new Error('This text was not refused.')
  return parsed.error
}

/** The longest time, in milliseconds, that this thread couldn't do anything else while `work` was under way. */
async function longestPause(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  await work()
  clearInterval(timer)
  return longest
}

test.each([16_000, 32_000, 64_000])('%i nested comments are refused with their place', async (count) => {
  const error = await tooComplex(`select 1;\n  ${'/*'.repeat(count)}${'*/'.repeat(count)}`)
  expect(error).toMatchObject({ code: 'TOO_COMPLEX', line: 2, column: 3, position: 13 })
})

test('a text whose analysis takes longer than its time is given up while others are served', async () => {
  const nested = '/*'.repeat(64) + '*/'.repeat(64)
  const slow = tooComplex(`${nested.repeat(1020)} select 1`)
  const pause = await longestPause(async () => {
    for (let count = 0; count < 20; count++)
      expect(await parseSql(`select ${count}`)).toMatchObject({ statements: [{ kind: 'read' }] })
    await slow
  })
  expect((await slow).code).toBe('TOO_COMPLEX')
  expect((await slow).message).toContain('500 ms')
  expect(pause).toBeLessThan(1000)
  expect(await parseSql(`select 1${' '.repeat(9000)}`)).toMatchObject({ statements: [{ text: 'select 1' }] })
})

test('a script of too many names is given up, and the next one is read', async () => {
  const names = Array.from({ length: 70_000 }, (_, index) => `a${index}`).join(',')
  expect(await parseScript(`let ${names}`)).toMatchObject({ error: { code: 'TOO_COMPLEX' } })
  expect(await parseScript(`let a${' '.repeat(9000)}`)).toEqual({ accepted: true })
})

test.each([
  ['a run of operators', `select ${'+'.repeat(65)}1`],
  ['a sum without end', `select 1${'+1'.repeat(100_000)}`],
  ['brackets without end', `select ${'('.repeat(100_000)}1${')'.repeat(100_000)}`],
  ['more than 256 KiB', `select '${'x'.repeat(256 * 1024)}'`],
])('%s is too complex', async (_what, content) => {
  expect((await tooComplex(content)).code).toBe('TOO_COMPLEX')
})

test.each([
  `select '${'+'.repeat(1000)}'`,
  `select "${'+'.repeat(60)}" -- ${'/*'.repeat(1000)}`,
  `select $a$ ${'/*'.repeat(1000)} $a$`,
  `select E'\\'${'+'.repeat(100)}'`,
  `/* ${'+'.repeat(1000)} */ select 1`,
])('%s is harmless', async (content) => {
  expect(await parseSql(content)).toMatchObject({ statements: [{ kind: 'read' }] })
})

test('values of MongoDB keep their classes on the way', async () => {
  const parsed = await parseMongo(
    'db.a.find({ _id: ObjectId("507f1f77bcf86cd799439011"), "__proto__": 1, d: /a/i })',
  )
  if ('error' in parsed) throw new Error(parsed.error.message)
  const [statement] = parsed.statements
  if (!statement) throw new Error('There is no statement.')
  const [filter] = unpackOperation(statement.operation).args
  expect(filter).toMatchObject({ _id: new ObjectId('507f1f77bcf86cd799439011'), d: new BSONRegExp('a', 'i') })
  expect(Object.keys(filter as object)).toEqual(['_id', '__proto__', 'd'])
})

test.each([
  ['return 9007199254740993', 8],
  ["const a = '😀'; return [1, 12345678901234567890]", 27],
  ['0x20000000000001', 1],
  ['9_007_199_254_740_993', 1],
  ['return [1, 1e400]', 12],
  ['-1e-400', 2],
  ['0.12345678901234567890123', 1],
  ['x = .1234567890123456789', 5],
  ['12345678901234567.5', 1],
  ['9007199254740993.', 1],
  ['9007199254740993e0', 1],
  ['123456789.123_456_789_1', 1],
])('a number that JavaScript would round is refused in a script: %s', async (content, column) => {
  expect(await parseScript(content)).toMatchObject({ error: { code: 'ROUNDED', line: 1, column } })
})

test.each([
  '9007199254740992',
  '9007199254740993n',
  '"9007199254740993"',
  '/9007199254740993/',
  '`9007199254740993`',
  '0.1 + 1e21 + 0xff + 0b11 + 0o17 + .5 + 5. + 1.50 + 0.0 + 0e5 + 1E-7',
  '5e-324 + 1.7976931348623157e308 + 3.141592653589793',
  '10000000000000000000000',
  '1152921504606846976',
])('and others are not: %s', async (content) => {
  expect(await parseScript(content)).toEqual({ accepted: true })
})
