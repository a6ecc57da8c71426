import type { RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '../content.ts'
import type { Instance } from '../instance/instance.ts'
import type { Request } from './request.ts'

/** What an executor finds when it looks at an approval. */
export type Claim =
  | { kind: 'run'; event: RequestEvent & { type: 'ExecutionStarted' } }
  /** Nothing to do: cancelled meanwhile, or another executor has claimed it. */
  | { kind: 'leave'; reason: string }

/**
 * Decides whether an approved request may be claimed: once for an approval, and only while it is APPROVED.
 * The claim is the append of the event at the revision that `state` was folded to.
 */
export function decideClaim(
  state: Request | null,
  claim: { executionId: string; executorId: string; approvalEventId: string },
): Claim {
  if (!state) return { kind: 'leave', reason: 'the request does not exist' }
  if (state.execution) return { kind: 'leave', reason: `execution ${state.execution.id} has claimed it` }
  if (state.status !== 'APPROVED' || !state.approval)
    return { kind: 'leave', reason: `it is ${state.status}` }
  if (state.approval.eventId !== claim.approvalEventId)
    return { kind: 'leave', reason: 'it was another approval' }
  const { contentHash, instanceRevision } = state.approval
  return {
    kind: 'run',
    event: { type: 'ExecutionStarted', data: { ...claim, contentHash, instanceRevision } },
  }
}

/**
 * Why a claimed request must not run after all, as a sentence; null when it may. Checked before the target is touched:
 * the content against the approved hash, the instance against the approved revision.
 */
export function refusalToRun(request: Request, instance: Instance | null): string | null {
  if (!request.approval) return 'It was never approved.'
  if (contentHashOf(request.content) !== request.approval.contentHash)
    return 'The content is not what was approved: its SHA-256 differs.'
  if (!instance) return 'The instance does not exist.'
  if (instance.retired) return `${instance.name} was retired after the approval.`
  const { environment } = request.approval
  if (environment !== undefined && instance.environment !== environment)
    return `${instance.name} was ${environment} when this was approved and is ${instance.environment} now.`
  if (instance.connectionRevision !== request.approval.instanceRevision)
    return `The connection of ${instance.name} was changed after the approval.`
  if (!instance.databases.includes(request.database))
    return `${instance.name} no longer offers the database "${request.database}".`
  return null
}

/** True while an outcome is still owed: started, and no terminal event yet. */
export const awaitsOutcome = (
  request: Request | null,
): request is Request & { execution: NonNullable<Request['execution']> } =>
  request?.status === 'EXECUTING' && request.execution !== null
