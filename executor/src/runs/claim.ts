import { streamName, type RequestEvent } from '@sre-portal/contracts'
import { decideClaim, type Request } from '@sre-portal/domain'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { voidUnlessCurrent } from '@sre-portal/platform/approvals'
import { derivedId } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion, type StoredEvent } from '@sre-portal/platform/eventCodec'
import type { ExecutorContext } from '../context.ts'
import { Lease } from './leases.ts'
import type { RunIdentity } from './runStream.ts'
import { ensureNeverRan } from './storeAge.ts'

/** A run that this process alone may carry out. */
export interface ClaimedRun {
  run: RunIdentity & { startRevision: number }
  request: Request
  lease: Lease
  stop: AbortController
  /** Who asked to stop it, once somebody has. */
  cancelledBy: string | null
}

export type Approval = StoredEvent<RequestEvent & { type: 'RequestApproved' }>

/**
 * Claims an approved request by appending ExecutionStarted at the revision read, the lease taken before, so that a claim without a
 * lease can't exist. Null when there is nothing to run. Throws StoreIsOlder when nothing may be run from this event store, and when event store or database can't be reached: then nothing was claimed,
 * or the lease runs out and recovery tells that nothing ran.
 */
export async function claimApproval(
  context: ExecutorContext,
  requestId: string,
  approval: Approval,
): Promise<ClaimedRun | null> {
  const { state, revision } = await loadRequest(context.store, requestId)
  const executionId = context.newId()
  const claim = { executionId, executorId: context.executorId, approvalEventId: approval.id }
  const decision = decideClaim(state, claim)
  if (decision.kind === 'leave' || !state) {
    context.log.debug({ requestId, decision }, 'an approval was left')
    return null
  }
  const voidBecause = await voidUnlessItCounts(context, requestId, approval)
  if (voidBecause !== null) {
    context.log.warn({ requestId, voidBecause }, 'an approval was void')
    return null
  }
  await ensureNeverRan(context, requestId)
  context.failpoint('before-claim')
  const stop = new AbortController()
  const lease = await Lease.take(context, { executionId, requestId }, () => stop.abort('lease'))
  const run = {
    requestId,
    executionId,
    correlationId: approval.metadata.correlationId,
    causationId: approval.id,
  }
  try {
    const outcome = await context.store.append(
      streamName('request', requestId),
      [started(context, run, decision.event)],
      revision,
    )
    if (outcome.appended) {
      context.failpoint('after-claim')
      return { run: { ...run, startRevision: revision + 1 }, request: state, lease, stop, cancelledBy: null }
    }
  } catch (error) {
    lease.stopRenewing()
    throw error
  }
  await lease.release()
  return null
}

const voidUnlessItCounts = (context: ExecutorContext, requestId: string, approval: Approval) =>
  voidUnlessCurrent(context.store, requestId, approval.id, {
    actor: { kind: 'service', name: 'executor' },
    at: context.now().toISOString(),
    correlationId: approval.metadata.correlationId,
    schemaVersion: currentSchemaVersion,
  })

// The id is this execution's own: the same id from two executors would let both believe that they had won.
const started = (context: ExecutorContext, run: RunIdentity, event: RequestEvent) => ({
  id: derivedId(run.executionId, 'ExecutionStarted'),
  event,
  metadata: {
    actor: { kind: 'service' as const, name: 'executor' },
    at: context.now().toISOString(),
    correlationId: run.correlationId,
    causationId: run.causationId,
    schemaVersion: currentSchemaVersion,
  },
})
