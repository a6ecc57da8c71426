import type { ExecutionError, ResultHead, StatementHead } from '@sre-portal/contracts'
import { expect, it } from 'vitest'
import { errorOffset, placeOf } from './errorOffset.ts'

const error = (part: Partial<ExecutionError>): ExecutionError => ({
  code: null,
  message: 'broken',
  detail: null,
  hint: null,
  position: null,
  line: null,
  column: null,
  stack: null,
  ...part,
})
const head = (statement: Partial<StatementHead>, own: ExecutionError | null = null): ResultHead => ({
  engine: 'postgresql',
  statements: [
    {
      ordinal: 0,
      text: '',
      offset: 0,
      parameters: null,
      command: null,
      outcome: 'failed',
      columns: [],
      rowCount: null,
      storedRows: 0,
      cutBy: null,
      affectedRows: null,
      durationMs: 1,
      error: null,
      ...statement,
    },
  ],
  returned: null,
  logs: [],
  logsCut: false,
  notices: [],
  error: own,
  durationMs: 1,
})

it('adds the place within the statement to the statement’s place within the text', () => {
  const content = 'SELECT 1;\nSELECT nothere;'
  const failed = head({ offset: 10, error: error({ position: 8 }) })
  expect(content.slice(errorOffset(content, failed, null) ?? -1)).toBe('nothere;')
})

it('counts a character beyond the basic plane as the one that the database counts', () => {
  const content = "SELECT '😀', nothere;"
  const failed = head({ offset: 0, error: error({ position: 13 }) })
  expect(content.slice(errorOffset(content, failed, null) ?? -1)).toBe('nothere;')
})

it('finds a script’s place by line and column', () => {
  const content = 'const a = 1\nthrow new Error()\n'
  const failed = head({ error: null }, error({ line: 2, column: 7 }))
  expect(content.slice(errorOffset(content, failed, null) ?? -1)).toBe('new Error()\n')
})

it('marks nothing when nobody said where', () => {
  expect(errorOffset('SELECT 1', head({ error: error({}) }), null)).toBeNull()
  expect(errorOffset('SELECT 1', null, error({ line: 9, column: 1 }))).toBeNull()
})

it('counts emoji and CRLF before the statement as the database counts them', () => {
  const content = "SELECT '😀😀';\r\n\r\nSELECT '😀', nothere;"
  const before = [..."SELECT '😀😀';\r\n\r\n"].length
  const failed = head({ offset: before, error: error({ position: 13 }) })
  const found = errorOffset(content, failed, null) ?? -1
  expect(content.slice(found)).toBe('nothere;')
  expect(placeOf(content, found)).toEqual({ line: 3, column: 13 })
})

it('finds a line’s column behind emoji, and never leaves the line', () => {
  const content = "const a = '😀😀'; boom()\r\nlast()"
  const at = (line: number, column: number) =>
    content.slice(errorOffset(content, head({ error: null }), error({ line, column })) ?? -1)
  expect(at(1, 17)).toBe('boom()\r\nlast()')
  expect(at(2, 1)).toBe('last()')
  expect(at(1, 999)).toBe('\nlast()')
})

it('marks nothing of a script for an error of a statement that it caught', () => {
  const caught = error({ position: 8, line: 1, column: 8 })
  const content = "console.log('a')\nawait db.query('select nope').catch(() => null)"
  expect(errorOffset(content, head({ offset: null, error: caught }), null)).toBeNull()
  const thrown = error({ line: 2, column: 7 })
  expect(
    content.slice(errorOffset(content, head({ offset: null, error: caught }, thrown), thrown) ?? -1),
  ).toBe("db.query('select nope').catch(() => null)")
})
