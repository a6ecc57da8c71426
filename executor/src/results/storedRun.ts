import type pg from 'pg'
import type { Effects, ResultHead } from '@sre-portal/contracts'

/** A run whose executor came as far as storing its result. */
export interface StoredRun {
  resultId: string
  resultSha256: string
  head: ResultHead
  /** What the target kept of a run that failed; null when it succeeded. */
  effects: Effects | null
}

interface Row {
  result_id: string
  sha256: string
  head: string
  outcome: { fate: 'executed' } | { fate: 'failed'; effects: Effects } | null
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
  return { resultId: row.result_id, resultSha256: row.sha256, head, effects: effectsOf(row.outcome, head) }
}

function effectsOf(outcome: Row['outcome'], { error, statements }: ResultHead): Effects | null {
  if (outcome) return outcome.fate === 'failed' ? outcome.effects : null
  if (error === null) return null
  // Stored by an earlier version, which kept no more than the statements' fates.
  const fates = new Set(statements.map((statement) => statement.outcome))
  return fates.has('rolled-back') ? 'rolled-back' : fates.has('executed') ? 'partial' : 'none'
}
