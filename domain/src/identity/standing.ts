import type { Grant, Identity } from './identity.ts'

/**
 * What of an approver's account the requester has given, and nobody else has answered for since: then it is no second pair of eyes.
 * A grant no longer stands once the person has set a password of their own after it, or another administrator has confirmed the account as of
 * a later moment. `membership` is how the approver came to decide for the pod.
 */
export function standingAgainst(
  approverId: string,
  identity: Identity,
  membership: Grant | null,
  requesterId: string,
): Grant[] {
  const grants = [identity.account, identity.role, identity.password, membership]
  const others = Object.entries(identity.confirmedBy).filter(
    ([confirmer]) => confirmer !== requesterId && confirmer !== approverId,
  )
  const isLifted = ({ position }: Grant) =>
    [identity.ownPasswordAt, ...others.map(([, asOf]) => asOf)].some(
      (until) => until !== null && BigInt(until) >= BigInt(position),
    )
  return grants.filter(
    (grant): grant is Grant => grant !== null && grant.by === requesterId && !isLifted(grant),
  )
}

const deeds: Record<Grant['kind'], string> = {
  account: 'gave you this account',
  role: 'gave you your role',
  password: 'set your password',
  manager: 'made you manager of the pod',
  deputy: 'made you deputy of the pod',
}

/** The refusal as a sentence for the approver: which events stand against it, and what lifts them. */
export function standingInWords(standing: readonly Grant[], requesterName: string): string {
  const told = standing.map(
    ({ kind, type, at }) => `${deeds[kind]} (${type}, ${at.slice(0, 16).replace('T', ' ')} UTC)`,
  )
  return (
    `You cannot approve requests of ${requesterName}, who ${listed(told)}. ` +
    'Set a password of your own, or let another administrator confirm your account.'
  )
}

const listed = (parts: readonly string[]) =>
  parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : (parts[0] ?? '')
