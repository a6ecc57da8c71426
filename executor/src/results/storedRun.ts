import type pg from 'pg'
import type { Effects, ResultHead } from '@sre-portal/contracts'
import type { RunOutcome } from '../runControl.ts'

/** How a run ended; its error stands in the head. */
export type StoredEnd =
  { fate: 'executed' } | { fate: 'failed'; effects: Effects } | Extract<RunOutcome, { fate: 'unknown' }>

/** A run whose executor came as far as storing its result. */
export interface StoredRun {
  resultId: string
  resultSha256: string
  head: ResultHead
  end: StoredEnd
}

interface Row {
  result_id: string
  sha256: string
  head: string
  outcome: StoredEnd | null
}

/** What is stored of a run; null when its executor didn't come that far. */
export async function findStoredRun(pool: pg.Pool, executionId: string): Promise<StoredRun | null> {
  const { rows } = await pool.query<Row>(
    'select result_id, sha256, head, outcome from record.results where execution_id = $1',
    [executionId],
  )
  const [row] = rows
  if (!row) return null
  const head = JSON.parse(row.head) as ResultHead
  return {
    resultId: row.result_id,
    resultSha256: row.sha256,
    head,
    end: row.outcome ?? endOfEarlierVersion(head),
  }
}

export const storedEnd = (outcome: RunOutcome): StoredEnd =>
  outcome.fate === 'failed' ? { fate: 'failed', effects: outcome.effects } : outcome

/** Stored by an earlier version, which kept no more than the statements' fates. */
function endOfEarlierVersion({ error, statements }: ResultHead): StoredEnd {
  if (error === null) return { fate: 'executed' }
  const fates = new Set(statements.map((statement) => statement.outcome))
  return {
    fate: 'failed',
    effects: fates.has('rolled-back') ? 'rolled-back' : fates.has('executed') ? 'partial' : 'none',
  }
}
