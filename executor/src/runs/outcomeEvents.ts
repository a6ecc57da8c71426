import { createHash } from 'node:crypto'
import type { RequestEvent, ResultHead } from '@sre-portal/contracts'
import { shortError } from '../results/boundedHead.ts'
import { cutText } from '../results/statementHead.ts'
import type { RunOutcome, RunReport, StatementIntent } from '../runControl.ts'

/** A result as it was stored, or nulls where there is none. */
export interface StoredResult {
  resultId: string | null
  resultSha256: string | null
  storedRows: number
}

type UnknownOutcome = (RequestEvent & { type: 'ExecutionOutcomeUnknown' })['data']

export const noResult: StoredResult = { resultId: null, resultSha256: null, storedRows: 0 }

/** Text and hash of a statement as it was sent; the head holds it cut. */
export interface SentStatement {
  text: string
  textSha256: string
}

const maxEventTextBytes = 8 * 1024

export const sentStatement = ({ text }: Pick<StatementIntent, 'text'>): SentStatement => ({
  text: cutText(text, maxEventTextBytes),
  textSha256: createHash('sha256').update(text).digest('hex'),
})

/** The audit of a script's statements, one event each. */
export function statementEvents(
  executionId: string,
  head: ResultHead,
  sent: ReadonlyMap<number, SentStatement>,
): RequestEvent[] {
  return head.statements.flatMap((statement) => {
    const whole = sent.get(statement.ordinal)
    if (!whole) return []
    const { ordinal, parameters, rowCount, affectedRows, durationMs, error, outcome } = statement
    return [
      {
        type: 'StatementExecuted' as const,
        data: {
          executionId,
          ordinal,
          ...whole,
          parameters: parameters === null ? null : cutText(parameters, maxEventTextBytes),
          rowCount,
          affectedRows,
          durationMs,
          error: shortError(error),
          ...(outcome === 'rolled-back' && { outcome }),
        },
      },
    ]
  })
}

/** The event that ends a run. `cancelledBy` is who asked to stop it, where that is why it ended. */
export function outcomeEvent(
  executionId: string,
  report: RunReport,
  result: StoredResult,
  cancelledBy: string | null,
): RequestEvent {
  const { outcome, head } = report
  const told = {
    executionId,
    ...result,
    statementCount: head.statements.length,
    affectedRows: affectedRows(head),
    cutBy: head.statements.find((statement) => statement.cutBy !== null)?.cutBy ?? null,
    durationMs: head.durationMs,
    recovered: false,
  }
  switch (outcome.fate) {
    case 'executed':
      return { type: 'RequestExecuted', data: told }
    case 'unknown':
      return {
        type: 'ExecutionOutcomeUnknown',
        data: unknownData(executionId, outcome, result, head),
      }
    case 'failed':
      return wasCancelled(outcome) && cancelledBy !== null
        ? {
            type: 'RequestCancelled',
            data: {
              executionId,
              effects: outcome.effects,
              resultId: result.resultId,
              resultSha256: result.resultSha256,
              cancelledBy,
            },
          }
        : {
            type: 'RequestFailed',
            data: { ...told, error: shortError(outcome.error), effects: outcome.effects },
          }
  }
}

/** An outcome that nobody knows, with what had been answered before, where that is kept. */
export const unknownData = (
  executionId: string,
  { reason, transactionId }: RunOutcome & { fate: 'unknown' },
  { resultId, resultSha256, storedRows }: StoredResult,
  { statements }: Pick<ResultHead, 'statements'>,
): UnknownOutcome => ({
  executionId,
  reason,
  transactionId,
  ...(resultId !== null &&
    resultSha256 !== null && {
      kept: { resultId, resultSha256, storedRows, statementCount: statements.length },
    }),
})

const wasCancelled = (outcome: RunOutcome & { fate: 'failed' }) => outcome.error.code === 'CANCELLED'

/** What all statements changed that were not undone; null when one of them doesn't say. One that failed may have changed something all the same. */
export const affectedRows = ({ statements }: Pick<ResultHead, 'statements'>): number | null =>
  statements
    .filter(({ outcome }) => outcome === 'executed' || outcome === 'failed')
    .reduce<number | null>(
      (sum, statement) =>
        sum === null || statement.affectedRows === null ? null : sum + statement.affectedRows,
      0,
    )
