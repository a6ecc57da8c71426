import { lostStatementCode, type ResultHead, type StatementHead } from '@sre-portal/contracts'
import { expect, test } from 'vitest'
import { knownUpTo } from './lostRun.ts'

const errorOf = (code: string) =>
  ({
    code,
    message: 'm',
    detail: null,
    hint: null,
    position: null,
    line: null,
    column: null,
    stack: null,
  }) as const
const lost = errorOf(lostStatementCode)
const headOf = (errors: StatementHead['error'][], error: ResultHead['error'] = null) =>
  ({ statements: errors.map((each) => ({ error: each })), error }) as ResultHead

test('a result that its executor stored is known whole, also when a statement failed', () => {
  expect(knownUpTo(headOf([null, null]), 'EXECUTED')).toBeNull()
  expect(knownUpTo(headOf([null, errorOf('42P01')], errorOf('42P01')), 'FAILED')).toBeNull()
  expect(knownUpTo(headOf([errorOf('08006')]), 'UNKNOWN')).toBeNull()
})

test.each([
  [
    'UNKNOWN',
    [null, null, lost],
    '2 of 3 statements had answered before the executor was lost; what they answered is here. Of the other one it is not known what became of it: look at the target before you settle.',
  ],
  [
    'UNKNOWN',
    [null, lost, lost],
    '1 of 3 statements had answered before the executor was lost; what they answered is here. Of the other 2 it is not known what became of them: look at the target before you settle.',
  ],
  [
    'FAILED',
    [null, lost],
    '1 of 2 statements had answered before the executor was lost; what they answered is here. Of the other one it is not known whether it was sent.',
  ],
  [
    'FAILED',
    [null, lost, lost],
    '1 of 3 statements had answered before the executor was lost; what they answered is here. Of the other 2 it is not known whether they were sent.',
  ],
  [
    'EXECUTED',
    [null, lost],
    '1 of 2 statements had answered before the executor was lost; what they answered is here. What the other one answered is lost.',
  ],
] as const)('%s, %j', (status, errors, sentence) => {
  expect(knownUpTo(headOf([...errors]), status)).toBe(sentence)
})

test('a lost run all of whose statements had answered says so', () => {
  expect(knownUpTo(headOf([null], lost), 'FAILED')).toBe(
    '1 of 1 statement had answered before the executor was lost; what they answered is here.',
  )
})
