import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError } from '@sre-portal/contracts'
import { toExecutionError } from './databaseError.ts'
import { isRefusal, type PostgresSession } from './session.ts'
import { transactionFate } from './transactionStatus.ts'

const patienceMs = 10_000

/** What became of a transaction, by the server's answer to COMMIT, or by what it says of the transaction's id when that answer never came. */
export type CommitOutcome =
  { fate: 'committed' } | { fate: 'rolled-back'; error: ExecutionError } | { fate: 'unknown'; reason: string }

/** Sends COMMIT. `transactionId` is null where the transaction can't have written: then a lost answer leaves nothing behind. */
export async function commit(session: PostgresSession, transactionId: string | null): Promise<CommitOutcome> {
  if (session.lost) return neverSent(session.lost.message)
  try {
    const answer = await session.tagOf('commit')
    if (answer === 'COMMIT') return { fate: 'committed' }
    const message = `The server answered COMMIT with ${answer}: it rolled the transaction back.`
    return { fate: 'rolled-back', error: plainError('25P02', message) }
  } catch (error) {
    if (isRefusal(error)) return { fate: 'rolled-back', error: toExecutionError(error) }
    return transactionId === null
      ? neverSent(error instanceof Error ? error.message : String(error))
      : lostAnswer(session, transactionId)
  }
}

const neverSent = (message: string): CommitOutcome => ({
  fate: 'rolled-back',
  error: plainError('CONNECTION_LOST', `${message} The transaction was not committed.`),
})

/** The answer to COMMIT was lost: the server itself is asked what it did. */
async function lostAnswer(session: PostgresSession, transactionId: string): Promise<CommitOutcome> {
  const { systemIdentifier } = session
  const transaction = { transactionId, systemIdentifier }
  const fate = await transactionFate(session.target, session.bounds, transaction, patienceMs)
  if (fate === 'committed') return { fate: 'committed' }
  if (fate === 'aborted') {
    const message =
      'The connection broke during COMMIT; the server says that the transaction was rolled back.'
    return { fate: 'rolled-back', error: plainError('CONNECTION_LOST', message) }
  }
  return {
    fate: 'unknown',
    reason: 'The connection broke during COMMIT, and the server could not say whether it took place.',
  }
}
