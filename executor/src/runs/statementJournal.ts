import type { ExecutorContext } from '../context.ts'
import { cutText } from '../results/statementHead.ts'
import type { StatementIntent } from '../runControl.ts'
import { sentStatement, type SentStatement } from './outcomeEvents.ts'

const maxParametersBytes = 8 * 1024

/** Thrown when the lease was lost before the statement could be recorded; nothing was sent. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** A statement as it was recorded: of a long text the beginning, and the hash of all of it. */
export interface RecordedIntent extends SentStatement {
  ordinal: number
  parameters: string | null
  readOnly: boolean
  /** Sent within a transaction whose COMMIT was not sent, or undone within it. */
  uncommitted: boolean
}

/**
 * Records a statement before it is sent. Bound to the lease in one step: once somebody has taken the run over, nothing can be recorded any
 * more, so that whoever recovers sees everything that was ever sent. The lease's row is locked against being taken over meanwhile.
 */
export async function recordIntent(
  context: ExecutorContext,
  executionId: string,
  intent: StatementIntent,
): Promise<void> {
  const { text, textSha256 } = sentStatement(intent)
  const { rowCount } = await context.journalPool.query(
    `insert into record.execution_statements (execution_id, ordinal, text, text_sha256, parameters, read_only, uncommitted)
     select execution_id, $3, $4, $5, $6, $7, $8 from record.execution_leases
     where execution_id = $1 and executor_id = $2 and expires_at > now() for share`,
    [
      executionId,
      context.ownerId,
      intent.ordinal,
      storable(text),
      textSha256,
      intent.parameters === null ? null : storable(cutText(intent.parameters, maxParametersBytes)),
      intent.readOnly,
      intent.isWithin ?? false,
    ],
  )
  if (rowCount !== 1) throw new LeaseLost('The lease of this run was lost.')
}

/**
 * Records that these statements may be kept from now on, before the COMMIT of their transaction is sent. Bound to the lease like the statements
 * themselves: whoever recovers knows of the others that they are undone.
 */
export async function recordKeeping(
  context: ExecutorContext,
  executionId: string,
  ordinals: readonly number[],
): Promise<void> {
  const { rows } = await context.journalPool.query(
    `with mine as (
       select execution_id from record.execution_leases
       where execution_id = $1 and executor_id = $2 and expires_at > now() for share
     ), kept as (
       update record.execution_statements set uncommitted = false
       from mine where execution_statements.execution_id = mine.execution_id and ordinal = any($3::int[])
     )
     select from mine`,
    [executionId, context.ownerId, ordinals],
  )
  if (rows.length !== 1) throw new LeaseLost('The lease of this run was lost.')
}

/** What was recorded of a run, in order. */
export async function recordedIntents(
  context: ExecutorContext,
  executionId: string,
): Promise<RecordedIntent[]> {
  const { rows } = await context.pool.query<RecordedIntent & { textSha256: string | null }>(
    `select ordinal, text, text_sha256 as "textSha256", parameters, read_only as "readOnly", uncommitted
     from record.execution_statements where execution_id = $1 order by ordinal`,
    [executionId],
  )
  // Earlier versions kept no hash; that of what is left is all there is.
  return rows.map((row) => ({ ...row, textSha256: row.textSha256 ?? sentStatement(row).textSha256 }))
}

/** Forgets what was written of a run while it went on, once its statements stand in the events. */
export async function forgetRun(context: ExecutorContext, executionId: string): Promise<void> {
  await context.pool.query(
    `with rows as (delete from record.running_rows where execution_id = $1),
       statements as (delete from record.running_statements where execution_id = $1)
     delete from record.execution_statements where execution_id = $1`,
    [executionId],
  )
}

// PostgreSQL's text can't hold NUL.
const storable = (text: string) => text.replaceAll('\0', '\\u0000')
