import type { StatementHead } from '@sre-portal/contracts'
import { expect, it } from 'vitest'
import { cutCellsSentence, rowsSentence } from './rowsSentence.ts'

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
