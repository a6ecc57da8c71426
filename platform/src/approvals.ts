import { streamName, type EventMetadata, type RequestEvent } from '@sre-portal/contracts'
import { evolveUser, movedSince, whyNotAsSubmitted, type Request, type User } from '@sre-portal/domain'
import { loadInstance, loadPod, loadRequest, loadUser } from './aggregates.ts'
import { derivedId, handleCommand } from './commandHandler.ts'
import type { StoredEvent } from './eventCodec.ts'
import type { EventStore } from './eventStore.ts'
import { instanceBefore, submittedEnvironment } from './submittedEnvironment.ts'

export type ApprovalEvent = StoredEvent<RequestEvent & { type: 'RequestApproved' }>

/**
 * An approval counts only if nothing had changed of approver and pod between the reading of the right to it and its own place in the log, and
 * if instance and requester were at that place as it could be approved:
 * streams are written apart, and the log's order alone says which was first. One that does not count is voided by an event, and the request
 * waits again. Asked by whoever approves, and by the executor before it claims.
 * @returns why the approval is void, as a sentence; null when it counts
 */
export async function voidUnlessCurrent(
  store: EventStore,
  requestId: string,
  approvalEventId: string,
  metadata: EventMetadata,
): Promise<string | null> {
  const { state, events } = await loadRequest(store, requestId)
  const voided = events.find(
    (event) => event.type === 'ApprovalVoided' && event.data.approvalEventId === approvalEventId,
  )
  if (voided?.type === 'ApprovalVoided') return voided.data.reason
  const approval = events.find((event): event is ApprovalEvent => event.id === approvalEventId)
  if (!state || approval?.type !== 'RequestApproved') return null
  const reason = await changeBefore(store, approval, state)
  if (reason === null || state.status !== 'APPROVED' || state.approval?.eventId !== approvalEventId)
    return reason
  await handleCommand(store, {
    stream: streamName('request', requestId),
    load: () => loadRequest(store, requestId),
    decide: (now): RequestEvent[] =>
      now?.status === 'APPROVED' && now.approval?.eventId === approvalEventId
        ? [{ type: 'ApprovalVoided', data: { approvalEventId, reason } }]
        : [],
    metadata: { ...metadata, causationId: approvalEventId },
    key: derivedId(approvalEventId, 'void'),
  })
  return reason
}

const changeBefore = async (
  store: EventStore,
  approval: ApprovalEvent,
  request: Request,
): Promise<string | null> =>
  (await rightMoved(store, approval, request)) ?? (await notAsSubmitted(store, approval, request))

/** Approvals of earlier versions don't say what the right to them was read from: of those only instance and requester are asked. */
async function rightMoved(
  store: EventStore,
  { data: { approverRevision, podRevision }, actor, position }: ApprovalEvent,
  request: Request,
): Promise<string | null> {
  if (actor.kind !== 'user' || approverRevision === undefined || podRevision === undefined) return null
  const [user, pod] = await Promise.all([loadUser(store, actor.id), loadPod(store, request.podId)])
  if (movedSince(user.events, approverRevision, position))
    return `the account of ${actor.name} was changed before the approval was written.`
  if (movedSince(pod.events, podRevision, position))
    return `${pod.state?.name ?? 'the pod'} was changed before the approval was written.`
  return null
}

/** Instance and requester by what the log said when the approval was written: only what an approval is bound to voids it. */
async function notAsSubmitted(
  store: EventStore,
  { position }: ApprovalEvent,
  request: Request,
): Promise<string | null> {
  const [instance, requester] = await Promise.all([
    loadInstance(store, request.instanceId),
    loadUser(store, request.requesterId),
  ])
  return whyNotAsSubmitted({
    submitted: { ...request, environment: await submittedEnvironment(store, request, instance) },
    instance: instanceBefore(instance.events, position),
    requester: requester.events
      .filter((event) => event.position < position)
      .reduce<User | null>(evolveUser, null),
  })
}
