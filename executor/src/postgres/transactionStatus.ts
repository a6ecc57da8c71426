import pg from 'pg'
import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionLost } from './databaseError.ts'
import { PostgresSession } from './session.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'

/** What became of a transaction, by PostgreSQL's own account; `unknown` when it doesn't say, `unreachable` when it can't be asked, or is a standby that has not heard of it. */
export type TransactionFate = 'committed' | 'aborted' | 'in-progress' | 'unreachable' | 'unknown'

const retryMs = 250
const askEveryMs = 100
// "transaction ID ... is in the future" (invalid_parameter_value): the server lost it in a crash, before it had written anything of it to the disk.
const notYetAssigned = '22023'

/**
 * The id of the open transaction, assigned now if it had none; null on a standby, where none can be had and nothing can be written. No
 * cast: an id is compared with nothing and read by nobody but the portal, so that no cast of the database's own comes between.
 */
export async function currentTransactionId(session: PostgresSession): Promise<string | null> {
  const call = session.serverMajor >= 13 ? 'pg_catalog.pg_current_xact_id()' : 'pg_catalog.txid_current()'
  const id = await valueOf(
    session,
    `select case when pg_catalog.pg_is_in_recovery() then null else ${call} end`,
  )
  if (id !== null && !/^\d+$/.test(id)) throw new Error('The server answered no transaction id.')
  return id
}

/** The id of the open transaction, or null as long as nothing in it has written. */
export async function transactionIdIfAny(session: PostgresSession): Promise<string | null> {
  return valueOf(
    session,
    session.serverMajor >= 13
      ? 'select pg_catalog.pg_current_xact_id_if_assigned()'
      : 'select pg_catalog.txid_current_if_assigned()',
  )
}

/** A transaction by its id, which means something only in the cluster that gave it out. */
export interface TransactionOfCluster {
  transactionId: string
  /** Undefined where it isn't known. */
  systemIdentifier: string | undefined
}

/** Asks a new session what became of a transaction; tries for up to `patienceMs` while it is in progress or nobody answers. */
export async function transactionFate(
  target: PostgresTarget,
  bounds: SessionBounds,
  transaction: TransactionOfCluster,
  patienceMs: number,
): Promise<TransactionFate> {
  const until = Date.now() + patienceMs
  for (;;) {
    const fate = await ask(target, bounds, transaction, until)
    if (fate !== 'unreachable' || Date.now() >= until) return fate
    await delay(retryMs)
  }
}

async function ask(
  target: PostgresTarget,
  bounds: SessionBounds,
  transaction: TransactionOfCluster,
  until: number,
): Promise<TransactionFate> {
  let session: PostgresSession
  try {
    session = await PostgresSession.open(target, bounds, 'sre-portal recovery')
  } catch {
    return 'unreachable'
  }
  // A server that falls silent after the handshake is one that can't be asked.
  const tooLate = setTimeout(() => session.destroy(), Math.max(bounds.connectTimeoutMs, until - Date.now()))
  try {
    return await poll(session, transaction, until)
  } catch (error) {
    return error instanceof ConnectionLost ? 'unreachable' : 'unknown'
  } finally {
    clearTimeout(tooLate)
    await session.close()
  }
}

async function poll(
  session: PostgresSession,
  transaction: TransactionOfCluster,
  until: number,
): Promise<TransactionFate> {
  const { systemIdentifier } = transaction
  // To another cluster under the same address the id is another transaction's, or one to come.
  if (systemIdentifier !== undefined && session.systemIdentifier !== systemIdentifier) return 'unknown'
  for (;;) {
    // Asked first: a standby may be promoted, and know more, between the two questions.
    const isStandby = (await valueOf(session, 'select pg_catalog.pg_is_in_recovery()')) === 't'
    const fate = await statusOf(session, transaction.transactionId)
    // A standby may not have replayed it yet: what it doesn't know of proves nothing.
    if (isStandby && fate !== 'committed') return 'unreachable'
    if (fate !== 'in-progress' || Date.now() >= until) return fate
    await delay(askEveryMs)
  }
}

async function statusOf(
  session: PostgresSession,
  transactionId: string,
): Promise<Exclude<TransactionFate, 'unreachable'>> {
  const query =
    session.serverMajor >= 13
      ? 'select pg_catalog.pg_xact_status($1::pg_catalog.xid8)'
      : 'select pg_catalog.txid_status($1::pg_catalog.int8)'
  try {
    const status = await valueOf(session, query, [transactionId])
    if (status === null) return 'unknown'
    return status === 'committed' || status === 'aborted' ? status : 'in-progress'
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === notYetAssigned) return 'aborted'
    throw error
  }
}

async function valueOf(session: PostgresSession, query: string, values: string[] = []) {
  const [row] = await session.command(query, values)
  return row?.[0] ?? null
}
