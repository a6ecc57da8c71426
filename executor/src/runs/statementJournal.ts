import type { ExecutorContext } from '../context.ts'
import type { StatementIntent } from '../runControl.ts'

const maxStoredLength = 8 * 1024

/** Thrown when the lease was lost before the statement could be recorded; nothing was sent. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/**
 * Records a statement before it is sent. Bound to the lease in one step: once somebody has taken the run over, nothing can be recorded any
 * more, so that whoever recovers sees everything that was ever sent.
 */
export async function recordIntent(
  context: ExecutorContext,
  executionId: string,
  intent: StatementIntent,
): Promise<void> {
  const { rowCount } = await context.journalPool.query(
    `insert into record.execution_statements (execution_id, ordinal, text, parameters, read_only)
     select execution_id, $3, $4, $5, $6 from record.execution_leases
     where execution_id = $1 and executor_id = $2 and expires_at > now()`,
    [
      executionId,
      context.ownerId,
      intent.ordinal,
      storable(intent.text.slice(0, maxStoredLength)),
      intent.parameters === null ? null : storable(intent.parameters.slice(0, maxStoredLength)),
      intent.readOnly,
    ],
  )
  if (rowCount !== 1) throw new LeaseLost('The lease of this run was lost.')
}

/** What was recorded of a run, in order. */
export async function recordedIntents(
  context: ExecutorContext,
  executionId: string,
): Promise<StatementIntent[]> {
  const { rows } = await context.pool.query<StatementIntent>(
    'select ordinal, text, parameters, read_only as "readOnly" from record.execution_statements where execution_id = $1 order by ordinal',
    [executionId],
  )
  return rows
}

/** Forgets a run whose statements stand in the events. */
export async function forgetIntents(context: ExecutorContext, executionId: string): Promise<void> {
  await context.pool.query('delete from record.execution_statements where execution_id = $1', [executionId])
}

// PostgreSQL's text can't hold NUL.
const storable = (text: string) => text.replaceAll('\0', '\\u0000')
