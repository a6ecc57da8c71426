import { plainError } from '@sre-portal/analysis/plainError'
import { parseSql } from '@sre-portal/analysis/textAnalysis'
import { lostStatementCode, type Cell, type ResultHead, type StatementHead } from '@sre-portal/contracts'
import type { Request } from '@sre-portal/domain'
import type pg from 'pg'
import type { RunOutcome } from '../runControl.ts'
import { RowSpool } from './rowSpool.ts'
import type { HeadSoFar } from './runSoFar.ts'
import { pendingHead, pendingHeads, withoutCommit } from './statementHead.ts'

/** A statement of which it is known that it was to be sent. */
interface Recorded {
  ordinal: number
  text: string
  parameters: string | null
  /** Sent within a transaction whose COMMIT was not sent, or undone within it. */
  uncommitted: boolean
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
  const answered = told.map(({ head }) => JSON.parse(head) as HeadSoFar)
  const known: Known = {
    answered: new Map(answered.map((head) => [head.ordinal, head])),
    uncommitted: new Set(recorded.flatMap(({ ordinal, uncommitted }) => (uncommitted ? [ordinal] : []))),
    isOneTransaction:
      request.engine === 'postgresql' && (request.kind === 'query' || request.transactionMode === 'single'),
    outcome,
  }
  const head: ResultHead = {
    engine: request.engine,
    statements: (await allStatements(request, answered, recorded)).map((statement) =>
      afterwards(statement, known),
    ),
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

/** What is known of a run's statements once it is known what became of the run. */
interface Known {
  answered: ReadonlyMap<number, HeadSoFar>
  uncommitted: ReadonlySet<number>
  /** The end of the run was the end of every statement. */
  isOneTransaction: boolean
  outcome: RunOutcome
}

/** A statement as it is known then. */
function afterwards(pending: StatementHead, known: Known): StatementHead {
  const { answered, uncommitted, isOneTransaction, outcome } = known
  const told = answered.get(pending.ordinal)
  const isUncommitted = uncommitted.has(pending.ordinal)
  if (!told)
    return outcome.fate === 'executed' && !isUncommitted
      ? { ...pending, ...committed }
      : { ...pending, ...lost }
  const { isSettled = true, ...head } = told
  if (head.outcome !== 'executed') return head
  // A lost run has failed where its transaction was undone, whatever it may have left beside it.
  if (outcome.fate === 'failed' && isOneTransaction) return { ...head, outcome: 'rolled-back' }
  if (isUncommitted && !isSettled) return { ...head, outcome: 'rolled-back' }
  if (outcome.fate !== 'unknown') return head
  return isOneTransaction && outcome.transactionId !== null
    ? withoutCommit(head, outcome.reason)
    : isSettled
      ? head
      : withoutCommit(head, 'The executor was lost around the COMMIT of its transaction.')
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
