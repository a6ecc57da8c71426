import type { Deed, Grant, Identity } from './identity.ts'
import { goingBackTo, namedIn, type GrantInChain, type Lineage } from './lineage.ts'

/** Somebody who would approve: their account, and how they came to decide for the pod. */
export interface Deciding {
  id: string
  identity: Identity
  membership: Grant | null
}

/**
 * What of an approver's account goes back to the requester, and no independent person has answered for since: then it is no second pair of
 * eyes. Whoever gave it and is not in `lineage` counts as the requester's.
 */
export const standingAgainst = (approver: Deciding, requesterId: string, lineage: Lineage): GrantInChain[] =>
  goingBackTo(requesterId, approver.id, deedsTo(approver), lineage)

/** Whose accounts `standingAgainst` asks for first; whoever is named there is asked for next. */
export const firstOfLineage = (approver: Deciding): string[] => namedIn(deedsTo(approver))

const deedsTo = ({ identity, membership }: Deciding): Deed[] =>
  membership ? [...identity.deeds, membership] : [...identity.deeds]

/** Ids of the events that stand against an approval, those about others in the chain included. */
export function eventIdsIn(standing: readonly GrantInChain[]): string[] {
  const ids = new Set<string>()
  for (const one of standing)
    for (let link: GrantInChain | null = one; link; link = link.from) ids.add(link.grant.eventId)
  return [...ids]
}

const deeds: Record<Grant['kind'], string> = {
  account: 'gave you this account',
  role: 'gave you your role',
  password: 'set your password',
  manager: 'made you manager of the pod',
  deputy: 'made you deputy of the pod',
}
const gifts: Record<Grant['kind'], string> = {
  account: 'was given their account',
  role: 'was given their role',
  password: 'was given their password',
  manager: 'was made manager',
  deputy: 'was made deputy',
}
const mostLinksTold = 3

/** The refusal as a sentence for the approver: which events stand against it, over whom they go back to the requester, and what lifts them. */
export function standingInWords(standing: readonly GrantInChain[], requesterId: string): string {
  const direct = standing.filter(({ grant }) => grant.by === requesterId)
  const givers = [...new Set(standing.map(({ grant }) => grant.by).filter((by) => by !== requesterId))]
  const name = requesterNameIn(standing, requesterId)
  const reasons = [
    ...(direct.length > 0 ? [`who ${listed(direct.map(toldOf))}`] : []),
    ...givers.map((giver) =>
      overInWords(
        standing.filter(({ grant }) => grant.by === giver),
        requesterId,
      ),
    ),
  ]
  return (
    `You cannot approve ${name === null ? 'this request' : `requests of ${name}`}` +
    `${direct.length > 0 ? ', ' : ': '}${reasons.join('; ')}. ${whatLifts(standing, name ?? 'the requester')} ` +
    'If there is none, whoever runs the installation makes one: BOOTSTRAP_ADMIN_EMAIL with an address that nobody has yet, at the next start.'
  )
}

/** Ways out that lift all that stands. A password of one's own is one only where nobody could have set it who knew the one before. */
function whatLifts(standing: readonly GrantInChain[], requester: string): string {
  const independent = `an administrator whose own account does not go back to ${requester}`
  const password = standing.find(({ grant }) => grant.kind === 'password')
  if (!password) return `Set a password of your own, or let ${independent} confirm yours.`
  const anew = `let such an administrator set your password${standing.length > 1 ? ', and then choose another yourself' : ''}`
  return password.replacedAt === null
    ? `Whoever set a password knows it, and can replace it as you: choose another, and then let ${independent} confirm your account; or ${anew}.`
    : `Whoever knew that password could have replaced it as you: let ${independent} confirm your account as it is now; or ${anew}.`
}

/** What one person between the approver and the requester has given, and from whom they have what they are. */
function overInWords(given: readonly GrantInChain[], requesterId: string): string {
  const [first] = given
  const from = first?.from ? `, ${chainInWords(first.from, requesterId)}` : ', is not known here'
  return `${first?.grant.byName}, who ${listed(given.map(toldOf))}${from}`
}

function chainInWords(chain: GrantInChain, requesterId: string): string {
  const links: string[] = []
  for (let link: GrantInChain | null = chain; link; link = link.from) {
    if (links.length === mostLinksTold) return `${links.join(', who ')}, and so on`
    const { grant, from }: GrantInChain = link
    const isEnd = from === null && grant.by !== requesterId
    links.push(
      `${gifts[grant.kind]} by ${grant.byName} ${placeOf(grant)}${isEnd ? ', who is not known here' : ''}`,
    )
  }
  return links.join(', who ')
}

/** The name at the end of a chain that ends at the requester; null where all end at somebody unknown. */
function requesterNameIn(standing: readonly GrantInChain[], requesterId: string): string | null {
  for (const one of standing)
    for (let link: GrantInChain | null = one; link; link = link.from)
      if (link.grant.by === requesterId) return link.grant.byName
  return null
}

const toldOf = ({ grant }: GrantInChain) => `${deeds[grant.kind]} ${placeOf(grant)}`

const placeOf = ({ type, at }: Grant) => `(${type}, ${at.slice(0, 16).replace('T', ' ')} UTC)`

const listed = (parts: readonly string[]) =>
  parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : (parts[0] ?? '')
