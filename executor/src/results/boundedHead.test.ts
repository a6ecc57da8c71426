import { expect, test } from 'vitest'
import {
  executionErrorSchema,
  maxEventBytes,
  resultHeadSchema,
  type Notice,
  type ResultHead,
  type StatementHead,
} from '@sre-portal/contracts'
import { boundedHead, shortError } from './boundedHead.ts'
import { maxKeptBytes } from './keptBytes.ts'
import { pendingHead } from './statementHead.ts'

const statement = (ordinal: number, change: Partial<StatementHead> = {}): StatementHead => ({
  ...pendingHead(ordinal, { text: `select ${ordinal}`, offset: null }),
  outcome: 'executed',
  rowCount: 1,
  ...change,
})
const headOf = (statements: StatementHead[], change: Partial<ResultHead> = {}): ResultHead => ({
  engine: 'postgresql',
  statements,
  returned: null,
  logs: [],
  logsCut: false,
  notices: [],
  error: null,
  durationMs: 1,
  ...change,
})
const error = (text: string) => ({
  code: 'P0001',
  message: text,
  detail: text,
  hint: null,
  position: null,
  line: null,
  column: null,
  stack: text,
})

test('a head that has room is kept as it is', () => {
  const head = headOf([statement(0), statement(1, { columns: [{ name: 'n', type: 'int4' }] })], {
    notices: ['a notice'],
  })
  expect(boundedHead(head)).toEqual(head)
})

test('of 5,000 statements with 1,600 columns each the fates are kept, the rest within the bound, and it says so', () => {
  const columns = Array.from({ length: 1600 }, (_, index) => ({
    name: `c${index}`.padEnd(60, '_'),
    type: 'text',
  }))
  const head = headOf(Array.from({ length: 5000 }, (_, ordinal) => statement(ordinal, { columns })))
  const bounded = boundedHead(head)
  expect(JSON.stringify(bounded).length).toBeLessThan(maxKeptBytes * 1.2)
  expect(bounded.statements.map(({ ordinal, outcome }) => [ordinal, outcome])).toEqual(
    head.statements.map(({ ordinal, outcome }) => [ordinal, outcome]),
  )
  const whole = bounded.statements.filter(({ columns: kept }) => kept.length > 0).length
  expect(whole).toBeGreaterThan(50)
  expect(bounded.notices).toEqual([expect.stringContaining(`Of ${5000 - whole} of 5000 statements`)])
  expect(resultHeadSchema.parse(bounded)).toEqual(bounded)
})

test('errors and notices of 20 MB are cut to what may be kept of them', () => {
  const long = 'é'.repeat(10 * 1024 * 1024)
  const bounded = boundedHead(
    headOf(
      Array.from({ length: 13 }, (_, ordinal) => statement(ordinal, { error: error(long) })),
      { notices: [long, 'short'], error: error(long) },
    ),
  )
  expect(JSON.stringify(bounded).length).toBeLessThan(1024 * 1024)
  expect(bounded.error?.message.endsWith('…')).toBe(true)
  expect(bounded.statements.every(({ error: kept }) => (kept?.stack?.length ?? 0) < 9000)).toBe(true)
  expect(bounded.notices.map((notice) => notice.length)).toEqual([4097, 5])
})

const everyText = (text: string) => ({
  ...error(text),
  ...{ code: text, hint: text, context: text, internalQuery: text },
  ...{ schemaName: text, tableName: text, columnName: text, dataTypeName: text, constraintName: text },
})

test('every text of an error is cut, whatever the server calls it', () => {
  const told = everyText('x'.repeat(20 * 1024 * 1024))
  for (const [name, text] of Object.entries(shortError(told)))
    if (text !== null) expect([name, typeof text === 'string' && text.length]).toEqual([name, 8193])
  expect(Object.keys(shortError(told))).toEqual(Object.keys(told))
  expect(shortError({ ...told, internalPosition: 7, position: 3 }, 10)).toMatchObject({
    context: 'xxxxxxxxxx…',
    internalPosition: 7,
    position: 3,
  })
  expect(shortError(null)).toBeNull()
  expect(executionErrorSchema.parse(shortError(everyText('short')))).toEqual(everyText('short'))
})

test('errors and notices with every text of 1 MB stay within the bound, as a head and as an event', () => {
  const long = '\u0001'.repeat(1024 * 1024)
  const notice = { statement: null, severity: 'NOTICE', code: long, message: long }
  const bounded = boundedHead(
    headOf(
      Array.from({ length: 200 }, (_, ordinal) => statement(ordinal, { error: everyText(long) })),
      {
        noticeDetails: Array(500).fill({ ...notice, detail: long, hint: long, context: long }) as Notice[],
        error: everyText(long),
      },
    ),
  )
  expect(JSON.stringify(bounded).length).toBeLessThan(maxKeptBytes * 1.2)
  expect(bounded.noticeDetails?.length).toBeGreaterThan(1)
  expect(JSON.stringify(bounded.noticeDetails).length).toBeLessThan(1024 * 1024 + 1000)
  expect(bounded.statements).toHaveLength(200)
  expect(JSON.stringify(bounded.error).length).toBeLessThan(maxEventBytes)
  expect(resultHeadSchema.parse(bounded)).toEqual(bounded)
}, 60_000)

test('more notices than are kept are counted', () => {
  const { notices } = boundedHead(headOf([], { notices: Array(1000).fill('x'.repeat(9000)) as string[] }))
  expect(notices.length).toBe(128)
  expect(notices.at(-1)).toBe('SRE Portal: 873 more notices are left out.')
})

test('a warning behind a thousand notices, and what the portal says itself, are not among what is left out', () => {
  const own = 'SRE Portal: 801 further notices were not kept.'
  const texts = [...(Array(1000).fill('NOTICE: ' + 'x'.repeat(9000)) as string[]), 'WARNING: careful', own]
  const small = { statement: null, code: null, detail: null, hint: null, context: null }
  const details: Notice[] = texts
    .slice(0, -1)
    .map((message) => ({ ...small, severity: message.startsWith('W') ? 'WARNING' : 'NOTICE', message }))
  const bounded = boundedHead(headOf([], { notices: texts, noticeDetails: details }))
  expect(bounded.notices.slice(-3)).toEqual([
    'WARNING: careful',
    own,
    'SRE Portal: 873 more notices are left out.',
  ])
  expect(bounded.noticeDetails?.at(-1)?.severity).toBe('WARNING')
})
