import { expect, test } from 'vitest'
import type { Column, ResultHead, StatementHead } from '@sre-portal/contracts'
import { boundedHead } from './boundedHead.ts'
import { headBytes } from './headBytes.ts'
import { pendingHead } from './statementHead.ts'

const statement = (
  ordinal: number,
  columns: Column[],
  change: Partial<StatementHead> = {},
): StatementHead => ({
  ...pendingHead(ordinal, { text: `select "${ordinal}" \u{1f600}`, offset: null }),
  columns,
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
const names: Column[] = [
  { name: 'a "quoted" näme', type: 'text' },
  { name: '$&', type: 'int4' },
]

test.each([
  ['none', headOf([])],
  ['one without columns', headOf([statement(0, [])])],
  ['some that share columns', headOf([statement(0, names), statement(1, names), statement(2, names)])],
  ['columns by turns', headOf([statement(0, names), statement(1, []), statement(2, [...names])])],
  [
    'more around them',
    headOf([statement(0, names, { cutBy: 'rows', storedRows: 3 })], {
      returned: '"statements":[]',
      logs: [{ atMs: 1, level: 'log', text: '}' }],
    }),
  ],
])('a head is the same when it is read again: statements %s', (_what, head) => {
  expect(JSON.parse(headBytes(head).toString())).toEqual(head)
})

/** Columns that count how often they are looked at. */
function countedColumns(): { columns: Column[]; looks: () => number } {
  let looks = 0
  const column = {
    get name() {
      looks += 1
      return 'c'.repeat(60)
    },
    type: 'int4',
  }
  return { columns: [column], looks: () => looks }
}

test('columns that thousands of statements share are looked at once, to be bounded and to be written', () => {
  const { columns, looks } = countedColumns()
  const head = headOf(Array.from({ length: 3000 }, (_, ordinal) => statement(ordinal, columns)))
  const bounded = boundedHead(head)
  expect(looks()).toBe(1)
  headBytes(bounded)
  expect(looks()).toBe(2)
})

test('what is shared counts for each statement that has it', () => {
  const columns = Array.from({ length: 100 }, (_, index) => ({ name: `näme ${index}`, type: 'text' }))
  const head = headOf(Array.from({ length: 50 }, (_, ordinal) => statement(ordinal, columns)))
  const maxBytes = 40_000
  const bounded = boundedHead(head, maxBytes)
  const whole = bounded.statements.filter((one) => one.columns.length > 0)
  const bytes = headBytes({ ...bounded, statements: whole }).length
  const more = headBytes({ ...bounded, statements: [...whole, statement(0, columns)] }).length
  expect(whole.length).toBeGreaterThan(0)
  expect(bytes).toBeLessThanOrEqual(maxBytes + 1000)
  expect(more).toBeGreaterThan(maxBytes)
})
