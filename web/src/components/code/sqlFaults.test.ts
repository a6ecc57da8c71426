import { expect, it } from 'vitest'
import { findSqlFaults } from './sqlFaults.ts'

const brief = (text: string) => findSqlFaults(text).map(({ from, message }) => [from, message])

it('finds what is opened and never closed', () => {
  expect(brief('SELECT (1')).toEqual([[7, 'This parenthesis is never closed.']])
  expect(brief("SELECT 'it''s")).toEqual([[7, 'This text is never closed.']])
  expect(brief('SELECT "col')).toEqual([[7, 'This quoted name is never closed.']])
  expect(brief('/* a /* b */')).toEqual([[0, 'This comment is never closed.']])
  expect(brief('DO $body$ BEGIN $$')).toEqual([[3, 'This text is never closed.']])
})

it('finds what closes nothing', () => {
  expect(brief('SELECT 1)')).toEqual([[8, 'This parenthesis closes nothing.']])
})

it('reads quotes, comments and dollar quotes as PostgreSQL does', () => {
  expect(brief("SELECT 'a)', \"b(\", $$ ( ' $$, E'it\\'s', 'back\\' -- ( '\n/* ( /* ) */ ' */")).toEqual([])
  expect(brief("SELECT $1, '$$', name$ FROM t")).toEqual([])
})
