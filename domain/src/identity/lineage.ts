import type { Confirmation, Deed, Grant, Identity } from './identity.ts'

/** The accounts of those from whom an account comes, over any chain of people, by their ids. */
export type Lineage = ReadonlyMap<string, Identity>

/** Nobody is known: whatever another person has given counts as the requester's. */
export const nobodyKnown: Lineage = new Map()

/** A grant that goes back to the requester: `from` is why its giver did, and null where the requester gave it themselves or nobody knows the giver. */
export interface GrantInChain {
  grant: Grant
  from: GrantInChain | null
  /** Of a password: log position at which it was first replaced from within the account, by its person or by whoever gave it. */
  replacedAt: string | null
}

/** Something done to the account of `to`. */
export interface DeedTo {
  to: string
  deed: Deed
}

/** Whose accounts have to be known before it can be said where these deeds come from. */
export const namedIn = (deeds: readonly Deed[]): string[] => [
  ...new Set(deeds.flatMap((deed) => (deed.kind === 'own-password' || deed.by === null ? [] : [deed.by]))),
]

/**
 * What of the account `ofId` goes back to the requester: given by them, or by somebody who themselves was not independent of them at that
 * moment. Deeds are gone through in the order of the log, so each is judged by what held then: nothing that is done later to a giver changes
 * what they gave, and a circle has a first. A grant is over when another one of its kind follows it, or when an independent person confirms it.
 *
 * Whoever knows a password can sign in and set the next. So a password that goes back to the requester does so through all that are set from
 * within the account, until somebody independent gives another, or answers for one that was set since: the given one itself stays known.
 * Where the password never went back to them, the next one is the person's own word, and ends what else was given to `ofId`.
 */
export function goingBackTo(
  requesterId: string,
  ofId: string,
  own: readonly Deed[],
  lineage: Lineage,
): GrantInChain[] {
  const held = new Map([ofId, ...lineage.keys()].map((id) => [id, new Map<string, GrantInChain>()]))
  const heldBy = (id: string) => held.get(id) ?? new Map<string, GrantInChain>()
  const isIndependent = (id: string) => id !== requesterId && held.get(id)?.size === 0

  for (const { to, deed } of inLogOrder(ofId, own, lineage)) {
    const grants = heldBy(to)
    if (deed.kind === 'own-password') {
      const given = grants.get('password')
      if (given) grants.set('password', { ...given, replacedAt: given.replacedAt ?? deed.position })
      else if (to === ofId) grants.clear()
    } else if (deed.kind === 'confirmation') {
      if (deed.by === to || !isIndependent(deed.by)) continue
      for (const [slot, held] of grants) if (isAnsweredFor(held, deed)) grants.delete(slot)
    } else if (deed.by === null || isIndependent(deed.by)) grants.delete(slotOf(deed))
    else {
      const [from = null] = deed.by === requesterId ? [] : heldBy(deed.by).values()
      grants.set(slotOf(deed), { grant: deed, from, replacedAt: null })
    }
  }
  return [...heldBy(ofId).values()]
}

const isAnsweredFor = ({ grant, replacedAt }: GrantInChain, { asOf }: Confirmation) => {
  const since = grant.kind === 'password' ? replacedAt : grant.position
  return since !== null && BigInt(since) <= BigInt(asOf)
}

function inLogOrder(ofId: string, own: readonly Deed[], lineage: Lineage): DeedTo[] {
  const others = [...lineage].filter(([id]) => id !== ofId)
  return [...others.map(([id, { deeds }]) => [id, deeds] as const), [ofId, own] as const]
    .flatMap(([to, deeds]) => deeds.map((deed) => ({ to, deed, position: BigInt(deed.position) })))
    .sort((one, other) => (one.position < other.position ? -1 : one.position > other.position ? 1 : 0))
}

// Being made manager takes the place of having been made deputy.
const slotOf = ({ kind }: Grant) => (kind === 'manager' || kind === 'deputy' ? 'pod' : kind)
