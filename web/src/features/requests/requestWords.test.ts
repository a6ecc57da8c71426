import { describe, expect, it } from 'vitest'
import { aRequest } from '../../testing/aRequest.ts'
import { milestonesOf } from './milestones.ts'
import { effectsWords, outcomeFaceOf } from './outcomeFaces.ts'
import { stateRows } from './stateRows.ts'
import { statusSentence } from './statusSentence.ts'

const execution = {
  id: 'e',
  executorId: 'executor-1',
  startedAt: '2026-11-23T10:05:01.000Z',
  finishedAt: '2026-11-23T10:05:02.000Z',
  durationMs: 900,
  statementCount: 1,
  storedRows: 0,
  affectedRows: 0,
  cutBy: null,
  resultId: null,
  resultSha256: null,
  effects: 'rolled-back',
  error: null,
  unknownReason: null,
  transactionId: null,
  cancellationRequestedBy: null,
  recovered: false,
} as const

const approved = {
  kind: 'approved',
  by: { id: 'grace', name: 'Grace Park' },
  at: '2026-11-23T10:05:00.000Z',
  reason: null,
} as const

describe('where a request stands', () => {
  it('names who is next', () => {
    expect(statusSentence(aRequest())).toBe('Waiting for Grace Park or Hugo Martin.')
    expect(statusSentence(aRequest({ reviewers: [] }))).toBe(
      'Waiting, but nobody can decide: the pod needs a manager or deputy.',
    )
    expect(statusSentence(aRequest({ status: 'APPROVED', decision: approved }))).toBe(
      'Approved by Grace Park; an executor takes it next.',
    )
  })

  it('names who stopped it while it ran', () => {
    const cancellationRequestedBy = { id: 'dana', name: 'Dana Levi' }
    const stopped = aRequest({
      status: 'CANCELLED',
      decision: approved,
      execution: { ...execution, cancellationRequestedBy },
    })
    expect(statusSentence(stopped)).toBe('Stopped by Dana Levi while it ran.')
    expect(milestonesOf(stopped).map(({ title, text }) => [title, text])).toEqual([
      ['Submitted', 'by Dana Levi'],
      ['Approved', 'by Grace Park'],
      ['Started', ''],
      ['Stopped', 'by Dana Levi, 900 ms'],
    ])
    expect(statusSentence({ ...stopped, execution })).toBe('Stopped while it ran.')
  })
})

it('lists what has happened in the order of time', () => {
  const request = aRequest({
    status: 'FAILED',
    decision: approved,
    execution: {
      ...execution,
      error: {
        code: '42703',
        message: 'no such column',
        detail: null,
        hint: null,
        position: null,
        line: null,
        column: null,
        stack: null,
      },
    },
  })
  expect(milestonesOf(request).map(({ title, text }) => [title, text])).toEqual([
    ['Submitted', 'by Dana Levi'],
    ['Approved', 'by Grace Park'],
    ['Started', ''],
    ['Failed', 'no such column'],
  ])
})

it('claims of the effects only what is known', () => {
  expect(effectsWords.none).toBe('This run itself changed no data.')
  expect(effectsWords['rolled-back']).toMatch(
    /^All that this run changed was rolled back\. Numbers .* sequences are not given back, and what functions and triggers .* is not seen\.$/,
  )
  expect(effectsWords.partial).toMatch(/^Something may have been kept: .*code that cannot be judged/)
})

it('tells a statement that somebody stopped from one that failed', () => {
  const error = {
    code: 'CANCELLED',
    message: 'Cancelled while it ran.',
    detail: null,
    hint: null,
    position: null,
    line: null,
    column: null,
    stack: null,
  }
  expect(outcomeFaceOf({ outcome: 'failed', error }).word).toBe('Stopped')
  expect(outcomeFaceOf({ outcome: 'failed', error: { ...error, code: '57014' } }).word).toBe('Failed')
  expect(outcomeFaceOf({ outcome: 'executed', error: null }).word).toBe('Executed')
})

it('puts the fields that an event changed first', () => {
  expect(stateRows({ id: 'r', status: 'APPROVED', ticket: null }, ['status'])).toEqual([
    { name: 'status', text: 'APPROVED', changed: true, empty: false, long: false },
    { name: 'id', text: 'r', changed: false, empty: false, long: false },
    { name: 'ticket', text: '', changed: false, empty: true, long: false },
  ])
})

it('never says executed of an outcome that nobody knows, not even once somebody has settled it', () => {
  const unknownReason = 'The executor was lost.'
  const unknown = aRequest({
    status: 'UNKNOWN',
    decision: approved,
    execution: { ...execution, effects: 'unknown', unknownReason },
  })
  const last = (request: typeof unknown) =>
    milestonesOf(request)
      .slice(2)
      .map(({ title, text }) => [title, text])
  expect(last(unknown)).toEqual([
    ['Started', ''],
    ['Outcome unknown', unknownReason],
  ])
  const by = { id: 'grace', name: 'Grace Park' }
  const settlement = { outcome: 'EXECUTED', by, at: '2026-11-23T10:09:00.000Z', reason: 'Looked.' } as const
  expect(last({ ...unknown, status: 'EXECUTED', settlement })).toEqual([
    ['Started', ''],
    ['Outcome unknown', unknownReason],
    ['Settled as executed', 'by Grace Park: Looked.'],
  ])
})
