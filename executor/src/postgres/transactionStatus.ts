import { PostgresSession } from './session.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'

/** What became of a transaction, by PostgreSQL's own account; `unknown` when it can't or doesn't say. */
export type TransactionFate = 'committed' | 'aborted' | 'in-progress' | 'unknown'

/** The id of the open transaction, assigned now if it had none. */
export async function currentTransactionId(session: PostgresSession): Promise<string> {
  const call = session.serverMajor >= 13 ? 'pg_catalog.pg_current_xact_id()' : 'pg_catalog.txid_current()'
  const [row] = await session.command(`select ${call}::text`)
  return row?.[0] ?? ''
}

/** Asks a new session what became of a transaction; waits up to `patienceMs` while it is in progress. */
export async function transactionFate(
  target: PostgresTarget,
  bounds: SessionBounds,
  transactionId: string,
  patienceMs: number,
): Promise<TransactionFate> {
  let session: PostgresSession
  try {
    session = await PostgresSession.open(target, bounds, 'sre-portal recovery')
  } catch {
    return 'unknown'
  }
  try {
    return await poll(session, transactionId, Date.now() + patienceMs)
  } catch {
    return 'unknown'
  } finally {
    await session.close()
  }
}

async function poll(
  session: PostgresSession,
  transactionId: string,
  until: number,
): Promise<TransactionFate> {
  const query =
    session.serverMajor >= 13
      ? 'select pg_catalog.pg_xact_status($1::pg_catalog.xid8)'
      : 'select pg_catalog.txid_status($1::pg_catalog.int8)'
  for (;;) {
    const [row] = await session.command(query, [transactionId])
    const status = row?.[0] ?? null
    if (status === 'committed' || status === 'aborted') return status
    if (status === null) return 'unknown'
    if (Date.now() >= until) return 'in-progress'
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
