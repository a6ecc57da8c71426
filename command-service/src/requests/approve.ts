import type { Request, Response } from 'express'
import { streamName, type RequestEvent } from '@sre-portal/contracts'
import {
  decideRequest,
  decidesFor,
  decidingFor,
  DomainError,
  ensure,
  eventIdsIn,
  firstOfLineage,
  hasRightTo,
  inQuestion,
  standingOn,
  type Lineage,
  type Request as RequestState,
  type Pod,
  type User,
  type Verdict,
} from '@sre-portal/domain'
import { loadInstance, loadPod, loadRequest, loadUser } from '@sre-portal/platform/aggregates'
import { voidUnlessCurrent } from '@sre-portal/platform/approvals'
import { derivedId, handleCommand, type Handled } from '@sre-portal/platform/commandHandler'
import { loadLineage } from '@sre-portal/platform/lineage'
import { submittedEnvironment } from '@sre-portal/platform/submittedEnvironment'
import { metadataOf, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { asCommand, type Command } from '../idempotency.ts'

/** Approves what was read. The approval names the revisions that the right to it was read from, and is void if they had moved. */
export const approve = (
  context: Context,
  request: Request,
  response: Response,
  { id, contentHash }: { id: string; contentHash: string },
): Promise<Handled> =>
  asCommand(context, request, response, async (command) => {
    const handled = await append(context, signedIn(response).user.id, { id, contentHash, command })
    const approvalEventId = await approvalOf(context, id, handled.revision)
    const reason =
      approvalEventId &&
      (await voidUnlessCurrent(context.store, id, approvalEventId, {
        ...metadataOf(context, request, response),
        actor: { kind: 'service', name: 'command service' },
      }))
    if (reason)
      throw new DomainError(
        'conflict',
        `Your approval is void: ${reason} Load the request again before you decide.`,
      )
    return handled
  })

function append(
  context: Context,
  approverId: string,
  { id, contentHash, command }: { id: string; contentHash: string; command: Command },
): Promise<Handled> {
  const { store } = context
  const read = async (state: RequestState | null) => {
    if (!state) throw new DomainError('not_found', 'There is no such request.')
    const [approver, requester, pod, instance] = await Promise.all([
      loadUser(store, approverId),
      loadUser(store, state.requesterId),
      loadPod(store, state.podId),
      loadInstance(store, state.instanceId),
    ])
    if (!approver.state) throw new DomainError('unauthenticated', 'This account is not known here.')
    // What is read now of the others holds for good: each deed counts by what held when it was done.
    const lineage = await loadLineage(store, firstOfLineage(decidingFor(approver.state, pod.state)))
    return {
      state,
      approver: approver.state,
      approverRevision: approver.revision,
      requester: requester.state,
      pod,
      instance,
      lineage,
    }
  }
  return handleCommand<RequestState, RequestEvent>(store, {
    stream: streamName('request', id),
    load: () => loadRequest(store, id),
    ensureAllowed: async (found) => {
      const { approver, state, pod, lineage } = await read(found)
      const verdict = hasRightTo(approver, 'approve', inQuestion(state), pod.state, lineage)
      if (!verdict.allowed)
        await tellIfControlled(context, found, { approver, pod: pod.state, lineage }, command, verdict)
      ensure(verdict)
    },
    decide: async (found) => {
      const { approver, approverRevision, requester, pod, instance, state, lineage } = await read(found)
      return decideRequest(state, approver, {
        type: 'ApproveRequest',
        pod: pod.state,
        instance: instance.state,
        requester,
        submittedEnvironment: await submittedEnvironment(store, state, instance),
        contentHash,
        approverRevision,
        podRevision: pod.revision,
        lineage,
      })
    },
    ...command,
  })
}

/** Both are told, once, when the requester controls the account that would approve: by an event, from which the notices are made. */
async function tellIfControlled(
  { store }: Context,
  request: RequestState | null,
  { approver, pod, lineage }: { approver: User; pod: Pod | null; lineage: Lineage },
  { metadata }: Command,
  verdict: Verdict,
): Promise<void> {
  if (verdict.allowed || request?.status !== 'PENDING') return
  const standing = eventIdsIn(standingOn(approver, inQuestion(request), pod, lineage))
  const isOwn = request.requesterId === approver.id
  if (standing.length === 0 || isOwn || !decidesFor(approver, pod)) return
  const { command: _, ...told } = metadata
  const data = { reason: verdict.reason, standing }
  await handleCommand<RequestState, RequestEvent>(store, {
    stream: streamName('request', request.id),
    load: () => loadRequest(store, request.id),
    decide: (now) => (now?.status === 'PENDING' ? [{ type: 'ApprovalRefused', data }] : []),
    metadata: told,
    key: derivedId(approver.id, ...standing),
  })
}

/** Id of the approval that the stream holds at a revision. */
async function approvalOf({ store }: Context, id: string, revision: number): Promise<string | null> {
  const { events } = await loadRequest(store, id)
  const event = events.find((one) => one.revision === revision)
  return event?.type === 'RequestApproved' ? event.id : null
}
