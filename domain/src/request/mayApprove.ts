import type { Environment } from '@sre-portal/contracts'
import type { Lineage } from '../identity/lineage.ts'
import type { Instance } from '../instance/instance.ts'
import type { Pod } from '../pod/pod.ts'
import { mayActOnRequest, type Approver, type RequestInQuestion } from '../rights.ts'
import { allowed, refused, type Verdict } from '../verdict.ts'

/** What was submitted, as far as an approval is bound to it. */
export interface SubmittedTo {
  instanceRevision: number
  database: string
  /** Of the instance when the request was submitted; null when no log tells it, and then it counts as unchanged. */
  environment: Environment | null
}

/** The instance as it is now. */
export type TargetNow = Pick<
  Instance,
  'name' | 'environment' | 'databases' | 'retired' | 'connectionRevision'
>

/** What an approval depends on beside the person who gives it: what was submitted, and what has become of it. */
export interface Circumstances {
  submitted: SubmittedTo
  instance: TargetNow | null
  requester: { name: string; active: boolean } | null
}

/** May this person approve this request now? The same answer for the command and for the button: both ask here. */
export function mayApprove(
  person: Approver,
  request: RequestInQuestion,
  pod: Pod | null,
  lineage: Lineage,
  circumstances: Circumstances,
): Verdict {
  const right = mayActOnRequest(person, 'approve', request, pod, lineage)
  if (!right.allowed) return right
  const reason = whyNotAsSubmitted(circumstances)
  return reason === null ? allowed : refused('conflict', reason)
}

/** Why what was submitted cannot be approved any more, and what would allow it; null when it can. A new name alone changes nothing. */
export const whyNotAsSubmitted = ({ submitted, instance, requester }: Circumstances): string | null =>
  targetChanged(submitted, instance) ?? requesterGone(requester)

function targetChanged(submitted: SubmittedTo, instance: TargetNow | null): string | null {
  if (!instance) return 'The instance of this request is not known; it cannot be approved.'
  const { name } = instance
  if (instance.retired)
    return `The instance ${name} was retired after this request was submitted; it has to be submitted again for another one.`
  if (submitted.environment !== null && submitted.environment !== instance.environment)
    return `${name} was ${submitted.environment} when this request was submitted and is ${instance.environment} now; it has to be submitted again.`
  if (submitted.instanceRevision !== instance.connectionRevision)
    return `The connection of ${name} was changed after this request was submitted; it has to be submitted again.`
  if (!instance.databases.includes(submitted.database))
    return `${name} no longer offers the database "${submitted.database}"; it has to be submitted again for another one, or an administrator has to offer it again.`
  return null
}

function requesterGone(requester: Circumstances['requester']): string | null {
  if (!requester) return 'The account of the requester is not known; this request cannot be approved.'
  return requester.active
    ? null
    : `The account of ${requester.name}, who submitted this request, is deactivated; it can be approved once an administrator has reactivated the account. Rejecting stays possible.`
}
