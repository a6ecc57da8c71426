import { describe, expect, it } from 'vitest'
import type { RequestEvent } from '@sre-portal/contracts'
import { approved, executionId, stored, started, submitted, unknown } from '../testing/sample.ts'
import { comesAfterTheEnd, foldRequest } from './request.ts'
import { endsRun, evolveRun, isToldOfRun, type RunState } from './run.ts'

const other = '00000000-0000-4000-8000-0000000000c2'
const told = {
  executionId,
  resultId: null,
  resultSha256: null,
  statementCount: 1,
  storedRows: 0,
  affectedRows: 0,
  cutBy: null,
  durationMs: 3,
  recovered: false,
}
const executed: RequestEvent = { type: 'RequestExecuted', data: told }
const error = {
  code: 'EXECUTOR_LOST',
  message: 'gone',
  detail: null,
  hint: null,
  position: null,
  line: null,
  column: null,
  stack: null,
}
const failed: RequestEvent = {
  type: 'RequestFailed',
  data: { ...told, recovered: true, error, effects: 'rolled-back' },
}
const cancelled = (of: string | null): RequestEvent => ({
  type: 'RequestCancelled',
  data: {
    executionId: of,
    effects: 'none',
    resultId: null,
    resultSha256: null,
    cancelledBy: '00000000-0000-4000-8000-000000000003',
  },
})
const opened: RequestEvent = { type: 'TransactionOpened', data: { executionId, transactionId: '7' } }
const statement: RequestEvent = {
  type: 'StatementExecuted',
  data: {
    executionId,
    ordinal: 4,
    text: 'select 1',
    textSha256: 'a'.repeat(64),
    parameters: null,
    rowCount: 1,
    affectedRows: null,
    durationMs: 1,
    error: null,
  },
}
const stateAfter = (...events: RequestEvent[]) =>
  events.reduce((state, event) => evolveRun(state, executionId, event), 'not-started' as RunState)

describe('a run', () => {
  it('is open from its start on, whatever is told of it, until one of its four ends', () => {
    expect(stateAfter(submitted, approved)).toBe('not-started')
    expect(stateAfter(submitted, approved, started, opened, statement)).toBe('open')
    for (const end of [executed, failed, unknown, cancelled(executionId)]) {
      expect([endsRun(end), isToldOfRun(end)]).toEqual([true, true])
      expect(stateAfter(started, statement, end)).toBe('ended')
    }
  })

  it('is not opened by the start of another, nor ended by the end of another or of none', () => {
    expect(evolveRun('not-started', other, started)).toBe('not-started')
    expect(evolveRun('open', other, executed)).toBe('open')
    expect(evolveRun('open', executionId, cancelled(null))).toBe('open')
    expect(isToldOfRun(cancelled(null))).toBe(false)
  })

  it('stays ended, even when it seems to start again', () => {
    expect(stateAfter(started, failed, started, executed)).toBe('ended')
  })
})

describe('a request whose late executor told of its run after the end', () => {
  const history = [submitted, approved, started, statement, failed]
  const late = [statement, opened, executed, unknown, cancelled(executionId)]
  const fold = (events: RequestEvent[]) => foldRequest(events.map((event, index) => stored(event, index)))

  it('is what it was at the end', () => {
    for (const event of late) expect(fold([...history, event])).toEqual(fold(history))
    expect(fold(history)).toMatchObject({ status: 'FAILED', execution: { recovered: true } })
  })

  it('names each of those events as one that counts for nothing, and no other', () => {
    for (const event of late) expect(comesAfterTheEnd(fold(history), event)).toBe(true)
    for (const [index, event] of history.entries())
      expect(comesAfterTheEnd(fold(history.slice(0, index)), event)).toBe(false)
    expect(comesAfterTheEnd(null, executed)).toBe(false)
  })

  it('can be cancelled before it runs, and settled after it', () => {
    expect(fold([submitted, approved, cancelled(null)])?.status).toBe('CANCELLED')
    const settled: RequestEvent = {
      type: 'ExecutionOutcomeSettled',
      data: { executionId, outcome: 'EXECUTED', reason: 'Looked it up.' },
    }
    expect(fold([submitted, approved, started, unknown, settled])?.status).toBe('EXECUTED')
  })
})
