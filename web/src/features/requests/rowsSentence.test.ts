import { lostStatementCode, type StatementHead } from '@sre-portal/contracts'
import { expect, it } from 'vitest'
import { affectedSentence, briefRows, cutCellsSentence, rowsSentence } from './rowsSentence.ts'

const head = (part: Partial<StatementHead>): StatementHead => ({
  ordinal: 0,
  text: 'select 1',
  offset: 0,
  parameters: null,
  command: 'SELECT',
  outcome: 'executed',
  columns: [{ name: 'a', type: 'int4' }],
  rowCount: 3,
  storedRows: 3,
  cutBy: null,
  affectedRows: null,
  durationMs: 1,
  error: null,
  ...part,
})

it('tells each bound, and never a number that nobody knows', () => {
  expect(rowsSentence(head({}))).toBe('3 rows')
  expect(rowsSentence(head({ rowCount: 48211, storedRows: 10000, cutBy: 'rows' }))).toBe(
    'Showing 10,000 of 48,211 rows; stored 10,000, cut by the row limit',
  )
  expect(rowsSentence(head({ rowCount: null, storedRows: 7, cutBy: 'bytes' }))).toBe(
    'Showing the first 7 rows: there were more, how many is not known; cut by the size limit',
  )
  expect(rowsSentence(head({ columns: [], rowCount: 2, storedRows: 0 }))).toBe('2 rows without columns')
  expect(rowsSentence(head({ columns: [], rowCount: 0, storedRows: 0 }))).toBe('')
})

it('tells how many cells are cut', () => {
  const cell = { row: 0, column: 0, bytes: 12_000_000 }
  expect(cutCellsSentence(head({}))).toBe('')
  expect(cutCellsSentence(head({ cutCells: [cell] }))).toBe('1 cell is cut: only its beginning is stored')
  expect(cutCellsSentence(head({ cutCells: [cell, { ...cell, row: 3 }] }))).toBe(
    '2 cells are cut: only their beginnings are stored',
  )
})

const error = (code: string) => ({
  ...{ code, message: 'm', detail: null, hint: null, position: null, line: null, column: null, stack: null },
})
const failed = (code: string, part: Partial<StatementHead>) =>
  head({ outcome: 'failed', command: null, rowCount: null, storedRows: 0, error: error(code), ...part })

it.each(['22012', 'CANCELLED', lostStatementCode])(
  'claims nothing of the rows of a statement that ended with %s before it brought one',
  (code) => {
    const statement = failed(code, { affectedRows: 0 })
    for (const columns of [[], statement.columns])
      for (const say of [rowsSentence, affectedSentence, briefRows])
        expect(say({ ...statement, columns })).toBe('')
  },
)

it('tells the rows that came before a failure, a stop or a loss as such', () => {
  expect(rowsSentence(failed('22012', { storedRows: 7 }))).toBe('7 rows before it failed')
  expect(rowsSentence(failed('CANCELLED', { storedRows: 1 }))).toBe('1 row before it was stopped')
  expect(rowsSentence(failed(lostStatementCode, { storedRows: 2 }))).toBe('2 rows before its answer was lost')
  expect(affectedSentence(failed('11000', { affectedRows: 5, columns: [] }))).toBe(
    '5 rows affected before it failed',
  )
})

it('says that 0 rows were affected only of what changes rows', () => {
  const none = { columns: [], rowCount: null, storedRows: 0, affectedRows: 0 }
  for (const command of [
    'INSERT',
    'UPDATE',
    'DELETE',
    'MERGE',
    'updateMany',
    'bulkWrite',
    'findOneAndDelete',
  ])
    expect(affectedSentence(head({ ...none, command }))).toBe('0 rows affected')
  for (const command of ['SELECT', 'SET', 'BEGIN', 'find', 'countDocuments', null])
    expect(affectedSentence(head({ ...none, command }))).toBe('')
  expect(affectedSentence(head({ ...none, command: 'UPDATE', outcome: 'not-executed' }))).toBe('')
})

it('says of changes that a later failure undid that they are undone', () => {
  const undone = { columns: [], affectedRows: 3, command: 'UPDATE', outcome: 'rolled-back' as const }
  expect(affectedSentence(head(undone))).toBe('3 rows affected, undone')
  expect(briefRows(head(undone))).toBe('3 rows affected, undone')
})

it('says in few words that there were more rows than are stored', () => {
  expect(briefRows(head({ rowCount: 48211, storedRows: 10000, cutBy: 'rows' }))).toBe('48,211 rows')
  expect(briefRows(head({ rowCount: null, storedRows: 7, cutBy: 'bytes' }))).toBe('more than 7 rows')
})
