import type { HistoryStep } from '@sre-portal/contracts'
import { expect, it } from 'vitest'
import { answeredStatements } from './answeredStatements.ts'

const step = (type: string, data: Record<string, unknown>): HistoryStep => ({
  revision: 3,
  position: '12',
  eventId: '00000000-0000-4000-8000-000000000001',
  type,
  actor: { kind: 'service', name: 'executor' },
  at: '2026-11-23T10:05:02.000Z',
  storedAt: '2026-11-23T10:05:02.000Z',
  correlationId: 'c',
  summary: '',
  data,
  state: {},
  changed: [],
})

it('keeps what had answered before the executor was lost, in its order', () => {
  const executionId = '00000000-0000-4000-8000-000000000002'
  const common = { executionId, textSha256: 'a'.repeat(64), parameters: null, durationMs: 3, error: null }
  const lost = {
    message: 'not known',
    detail: null,
    hint: null,
    position: null,
    line: null,
    column: null,
    stack: null,
  }
  const { answered, unknown } = answeredStatements([
    step('ExecutionStarted', {}),
    step('StatementExecuted', { ...common, ordinal: 0, text: 'select 1', rowCount: 1, affectedRows: null }),
    step('StatementExecuted', {
      ...common,
      ordinal: 1,
      text: 'delete from a',
      rowCount: null,
      affectedRows: 7,
    }),
    step('StatementExecuted', {
      ...{ ...common, ordinal: 2, text: 'insert 3', rowCount: null, affectedRows: 1 },
      outcome: 'rolled-back',
    }),
    step('StatementExecuted', {
      ...{ ...common, ordinal: 3, text: 'insert 4', rowCount: null, affectedRows: null },
      error: { ...lost, code: 'EXECUTOR_LOST' },
    }),
    step('ExecutionOutcomeUnknown', {}),
  ])
  expect(
    answered.map(({ ordinal, text, outcome, rowCount, affectedRows }) => [
      ordinal,
      text,
      outcome,
      rowCount,
      affectedRows,
    ]),
  ).toEqual([
    [0, 'select 1', 'executed', 1, null],
    [1, 'delete from a', 'executed', null, 7],
    [2, 'insert 3', 'rolled-back', null, 1],
  ])
  expect(unknown).toBe(1)
})
