import pg from 'pg'
import { ConnectionLost } from './databaseError.ts'
import { PostgresSession } from './session.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'

/** What became of a transaction, by PostgreSQL's own account; `unknown` when it doesn't say, `unreachable` when it can't be asked. */
export type TransactionFate = 'committed' | 'aborted' | 'in-progress' | 'unreachable' | 'unknown'

const retryMs = 250
// "transaction ID ... is in the future" (invalid_parameter_value): the server lost it in a crash, before it had written anything of it to the disk.
const notYetAssigned = '22023'

/** The id of the open transaction, assigned now if it had none. */
export async function currentTransactionId(session: PostgresSession): Promise<string> {
  const call = session.serverMajor >= 13 ? 'pg_catalog.pg_current_xact_id()' : 'pg_catalog.txid_current()'
  const [row] = await session.command(`select ${call}::text`)
  return row?.[0] ?? ''
}

/** Asks a new session what became of a transaction; tries for up to `patienceMs` while it is in progress or nobody answers. */
export async function transactionFate(
  target: PostgresTarget,
  bounds: SessionBounds,
  transactionId: string,
  patienceMs: number,
): Promise<TransactionFate> {
  const until = Date.now() + patienceMs
  for (;;) {
    const fate = await ask(target, bounds, transactionId, until)
    if (fate !== 'unreachable' || Date.now() >= until) return fate
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
}

async function ask(
  target: PostgresTarget,
  bounds: SessionBounds,
  transactionId: string,
  until: number,
): Promise<TransactionFate> {
  let session: PostgresSession
  try {
    session = await PostgresSession.open(target, bounds, 'sre-portal recovery')
  } catch {
    return 'unreachable'
  }
  try {
    return await poll(session, transactionId, until)
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === notYetAssigned) return 'aborted'
    return error instanceof ConnectionLost ? 'unreachable' : 'unknown'
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
