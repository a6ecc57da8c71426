import { plainError } from '@sre-portal/analysis/plainError'
import type { RunOutcome } from '../runControl.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'
import { transactionFate } from './transactionStatus.ts'

const patienceMs = 10_000

/** The answer to COMMIT was lost: the server itself is asked what it did. */
export async function resolveLostCommit(
  target: PostgresTarget,
  bounds: SessionBounds,
  transactionId: string,
): Promise<RunOutcome> {
  const fate = await transactionFate(target, bounds, transactionId, patienceMs)
  if (fate === 'committed') return { fate: 'executed' }
  if (fate === 'aborted') {
    const message =
      'The connection broke during COMMIT; the server says that the transaction was rolled back.'
    return { fate: 'failed', error: plainError('CONNECTION_LOST', message), effects: 'rolled-back' }
  }
  const reason = 'The connection broke during COMMIT, and the server could not say whether it took place.'
  return { fate: 'unknown', reason, transactionId }
}
