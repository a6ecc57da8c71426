import type { RequestAction, RequestStatus, Role } from '@sre-portal/contracts'
import type { Identity } from './identity/identity.ts'
import { nobodyKnown, type GrantInChain, type Lineage } from './identity/lineage.ts'
import { standingAgainst, standingInWords, type Deciding } from './identity/standing.ts'
import type { Pod } from './pod/pod.ts'
import type { Decision } from './request/request.ts'
import { allowed, refused, type Verdict } from './verdict.ts'

/** The person who asks, as they are now: never as a token once said. */
export interface Person {
  id: string
  role: Role
  active: boolean
}

/** A person whose second pair of eyes counts only as far as it is their own. */
export interface Approver extends Person {
  identity: Identity
}

/** Who decides for a pod. */
export type PodInCharge = Pick<Pod, 'managerId' | 'deputyIds'>

/** What rights on a request depend on. */
export interface RequestInQuestion {
  requesterId: string
  podId: string
  status: RequestStatus
  decision: Decision | null
  cancellationRequested: boolean
}

/** What a person may do apart from single requests. */
export type PortalAction =
  'submit' | 'viewAudit' | 'manageUsers' | 'managePods' | 'manageInstances' | 'operate'

const rolesFor: Record<PortalAction, readonly Role[]> = {
  submit: ['DEVELOPER', 'MANAGER', 'ADMIN'],
  viewAudit: ['ADMIN'],
  manageUsers: ['ADMIN'],
  managePods: ['ADMIN'],
  manageInstances: ['ADMIN'],
  operate: ['ADMIN'],
}

const actionNames: Record<PortalAction, string> = {
  submit: 'submit requests',
  viewAudit: 'read the audit log',
  manageUsers: 'manage users',
  managePods: 'manage pods',
  manageInstances: 'manage instances',
  operate: 'look after the portal itself',
}

const noSuchRequest = refused('not_found', 'There is no such request.')
const notSignedIn = refused('unauthenticated', 'This account is deactivated.')

/** Rights that depend on the role alone: the table of docs/glossary.md. */
export function mayUsePortal(person: Person, action: PortalAction): Verdict {
  if (!person.active) return notSignedIn
  return rolesFor[action].includes(person.role)
    ? allowed
    : refused('forbidden', `Only an administrator can ${actionNames[action]}.`)
}

/** True for the pod's manager and deputies, as long as they have the role for it. */
export const decidesFor = (person: Person, pod: PodInCharge | null): boolean =>
  person.role === 'MANAGER' &&
  pod !== null &&
  (pod.managerId === person.id || pod.deputyIds.includes(person.id))

/** One's own, those of the pods one decides for, and all for administrators; anything else does not exist for this person. */
export function mayViewRequest(person: Person, request: RequestInQuestion, pod: PodInCharge | null): Verdict {
  if (!person.active) return notSignedIn
  const visible = person.role === 'ADMIN' || request.requesterId === person.id || decidesFor(person, pod)
  return visible ? allowed : noSuchRequest
}

/**
 * May this person do this with this request now? The same answer for route, key and button. Approving asks where the person's account comes from:
 * `lineage` is of `decidingFor(person, pod)`.
 */
export function mayActOnRequest(
  person: Approver,
  action: RequestAction,
  request: RequestInQuestion,
  pod: Pod | null,
  lineage: Lineage = nobodyKnown,
): Verdict {
  const right = hasRightTo(person, action, request, pod, lineage)
  return right.allowed ? (inState(action, request) ?? allowed) : right
}

/** The same, whatever the status of the request is: who may be told again what came of their command. */
export function hasRightTo(
  person: Approver,
  action: RequestAction,
  request: RequestInQuestion,
  pod: Pod | null,
  lineage: Lineage = nobodyKnown,
): Verdict {
  const byRole = mayByRole(person, action)
  if (!byRole.allowed) return byRole
  const view = mayViewRequest(person, request, pod)
  if (!view.allowed) return view
  return inPerson(person, action, request, pod, lineage) ?? allowed
}

/** What a role may never do, asked before it is known whether the request exists: the answer is the same for every id. */
export function mayByRole(person: Person, action: RequestAction): Verdict {
  if (!person.active) return notSignedIn
  return neverFor(person.role, action) ?? allowed
}

// What a role may never do is refused before anything is told of the object.
function neverFor(role: Role, action: RequestAction): Verdict | null {
  if (action === 'approve' && role === 'ADMIN')
    return refused('forbidden', 'Administrators cannot approve; only a manager or deputy of the pod can.')
  if (role === 'DEVELOPER' && (action === 'approve' || action === 'reject' || action === 'settle'))
    return refused('forbidden', `Only a manager or deputy of the pod can ${action} a request.`)
  return null
}

function inPerson(
  person: Approver,
  action: RequestAction,
  request: RequestInQuestion,
  pod: Pod | null,
  lineage: Lineage,
): Verdict | null {
  const isRequester = request.requesterId === person.id
  const decides = decidesFor(person, pod)
  const podName = pod?.name ?? request.podId
  switch (action) {
    case 'approve':
      if (isRequester) return refused('forbidden', selfApprovalReason(person, pod, podName))
      if (!decides) return refused('forbidden', `Only the manager or a deputy of ${podName} can approve.`)
      return givenByRequester(person, request, pod, lineage)
    case 'reject':
      return decides || person.role === 'ADMIN'
        ? null
        : refused('forbidden', `Only the manager or a deputy of ${podName}, or an administrator, can reject.`)
    case 'withdraw':
      return isRequester ? null : refused('forbidden', 'Only the requester can withdraw a request.')
    case 'cancel':
      return isRequester || person.role === 'ADMIN' || approvedBy(request, person)
        ? null
        : refused('forbidden', 'Only the requester, whoever approved it, or an administrator can cancel.')
    case 'settle':
      if (isRequester)
        return refused('forbidden', 'You submitted this request; someone else has to settle its outcome.')
      return null
  }
}

/** A person as one who decides for this pod. */
export const decidingFor = ({ id, identity }: Approver, pod: Pod | null): Deciding => ({
  id,
  identity,
  membership: pod?.memberships[id] ?? null,
})

/** What of the approver's account goes back to the requester, and nobody independent has answered for since. */
export const standingOn = (
  person: Approver,
  { requesterId }: RequestInQuestion,
  pod: Pod | null,
  lineage: Lineage,
): GrantInChain[] => standingAgainst(decidingFor(person, pod), requesterId, lineage)

function givenByRequester(
  person: Approver,
  request: RequestInQuestion,
  pod: Pod | null,
  lineage: Lineage,
): Verdict | null {
  const standing = standingOn(person, request, pod, lineage)
  return standing.length > 0 ? refused('forbidden', standingInWords(standing, request.requesterId)) : null
}

function selfApprovalReason(person: Person, pod: Pod | null, podName: string): string {
  const others = pod ? [pod.managerId, ...pod.deputyIds].filter((id) => id !== null && id !== person.id) : []
  if (others.length === 0)
    return `You submitted this request, and ${podName} has nobody else who can approve it.`
  const who = pod?.managerId === person.id ? 'a deputy' : 'another manager or deputy'
  return `Only ${who} of ${podName} can approve: you submitted this request.`
}

function approvedBy(request: RequestInQuestion, person: Person): boolean {
  const { decision } = request
  return decision?.kind === 'approved' && decision.by.kind === 'user' && decision.by.id === person.id
}

function inState(action: RequestAction, request: RequestInQuestion): Verdict | null {
  switch (action) {
    case 'approve':
    case 'reject':
    case 'withdraw':
      return request.status === 'PENDING' ? null : refused('conflict', alreadyDecided(request))
    case 'cancel':
      if (request.status === 'EXECUTING' && request.cancellationRequested)
        return refused('conflict', 'Cancelling was already asked for; the executor is stopping it.')
      if (request.status === 'APPROVED' || request.status === 'EXECUTING') return null
      return refused('conflict', `A request that is ${request.status} cannot be cancelled.`)
    case 'settle':
      return request.status === 'UNKNOWN'
        ? null
        : refused('conflict', `Only an UNKNOWN outcome can be settled; this request is ${request.status}.`)
  }
}

function alreadyDecided({ decision, status }: RequestInQuestion): string {
  if (!decision) return `This request is ${status}.`
  const by = decision.by.kind === 'user' ? decision.by.name : 'the system'
  return `Already ${decision.kind} by ${by} at ${decision.at.slice(11, 16)} UTC.`
}
