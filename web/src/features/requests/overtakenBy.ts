import type { RequestAction, RequestDetail } from '@sre-portal/contracts'
import { clockTime } from '../../components/times.ts'
import { statusFaces } from '../../components/statusFaces.ts'
import { isolated } from '../../components/isolated.ts'

/** Who has been quicker, and when, once an action that was offered is possible no more; null while it is possible. */
export function overtakenBy(request: RequestDetail, action: RequestAction): string | null {
  const verdict = request.actions[action]
  if (verdict.allowed) return null
  const { decision, settlement } = request
  if (action === 'settle' && settlement)
    return `Already settled by ${isolated(settlement.by.name)} at ${clockTime(settlement.at)}.`
  const decides = action === 'approve' || action === 'reject' || action === 'withdraw'
  if (decides && decision)
    return `Already ${decision.kind} by ${isolated(decision.by.name)} at ${clockTime(decision.at)}.`
  if (action === 'cancel' && ['APPROVED', 'EXECUTING'].includes(request.status)) return verdict.reason
  if (request.status === 'PENDING') return verdict.reason
  return `This request is ${statusFaces[request.status].word.toLowerCase()} now.`
}
