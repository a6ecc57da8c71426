import { plainError } from '@sre-portal/analysis/plainError'
import { parseSql } from '@sre-portal/analysis/textAnalysis'
import { lostStatementCode, type Cell, type ResultHead, type StatementHead } from '@sre-portal/contracts'
import type { Request } from '@sre-portal/domain'
import type pg from 'pg'
import type { RunOutcome } from '../runControl.ts'
import { RowSpool } from './rowSpool.ts'
import { pendingHead, pendingHeads } from './statementHead.ts'

/** A statement of which it is known that it was to be sent. */
interface Recorded {
  ordinal: number
  text: string
  parameters: string | null
}

/** What a lost executor had written of a run before it was lost, as a result; null when no statement had answered. */
export async function keptSoFar(
  pool: pg.Pool,
  request: Request,
  executionId: string,
  recorded: readonly Recorded[],
  outcome: RunOutcome,
): Promise<{ head: ResultHead; spool: RowSpool } | null> {
  const { rows: told } = await pool.query<{ head: string }>(
    'select head from record.running_statements where execution_id = $1 order by ordinal',
    [executionId],
  )
  if (told.length === 0) return null
  const answered = told.map(({ head }) => JSON.parse(head) as StatementHead)
  const head: ResultHead = {
    engine: request.engine,
    statements: afterwards(await allStatements(request, answered, recorded), answered, outcome),
    returned: null,
    logs: [],
    logsCut: false,
    notices: [],
    error: outcome.fate === 'failed' ? outcome.error : null,
    durationMs: answered.reduce((sum, { durationMs }) => sum + durationMs, 0),
  }
  return { head, spool: await rowsOf(pool, request, executionId, answered) }
}

/** Every statement that may have been sent, as if none had answered. */
async function allStatements(
  { engine, kind, content }: Request,
  answered: readonly StatementHead[],
  recorded: readonly Recorded[],
): Promise<StatementHead[]> {
  if (engine === 'postgresql' && kind === 'query') {
    const parsed = await parseSql(content)
    if ('statements' in parsed) return pendingHeads(content, parsed.statements)
  }
  const byOrdinal = new Map([...answered, ...recorded].map((statement) => [statement.ordinal, statement]))
  const length = Math.max(...byOrdinal.keys()) + 1
  return Array.from({ length }, (_, ordinal) => {
    const { text, parameters } = byOrdinal.get(ordinal) ?? { text: '', parameters: null }
    return pendingHead(ordinal, { text, offset: null, parameters })
  })
}

/** The statements as they are known once it is known what became of the run. */
function afterwards(
  all: readonly StatementHead[],
  answered: readonly StatementHead[],
  outcome: RunOutcome,
): StatementHead[] {
  const known = new Map(answered.map((head) => [head.ordinal, head]))
  // A lost run has failed where its transaction was undone, whatever it may have left beside it.
  const isUndone = outcome.fate === 'failed'
  return all.map((pending) => {
    const head = known.get(pending.ordinal)
    if (!head) return outcome.fate === 'executed' ? { ...pending, ...committed } : { ...pending, ...lost }
    return isUndone && head.outcome === 'executed' ? { ...head, outcome: 'rolled-back' } : head
  })
}

const lost: Pick<StatementHead, 'outcome' | 'error'> = {
  outcome: 'failed',
  error: plainError(
    lostStatementCode,
    'The executor was lost: it is not known what became of this statement.',
  ),
}

const committed: Pick<StatementHead, 'outcome' | 'error'> = {
  outcome: 'executed',
  error: plainError(lostStatementCode, 'It was committed; what it answered was lost with the executor.'),
}

async function rowsOf(
  pool: pg.Pool,
  { limits }: Request,
  executionId: string,
  answered: readonly StatementHead[],
): Promise<RowSpool> {
  const spool = new RowSpool(limits)
  const { rows: chunks } = await pool.query<{ statement: number; rows: string }>(
    `select statement, rows from record.running_rows
     where execution_id = $1 and statement = any($2) order by statement, first_row`,
    [executionId, answered.map(({ ordinal }) => ordinal)],
  )
  const left = new Map(answered.map(({ ordinal, storedRows }) => [ordinal, storedRows]))
  for (const { statement, rows } of chunks)
    for (const line of rows.split('\n')) {
      const more = left.get(statement) ?? 0
      if (more > 0) spool.add(statement, JSON.parse(line) as Cell[])
      left.set(statement, more - 1)
    }
  return spool
}
