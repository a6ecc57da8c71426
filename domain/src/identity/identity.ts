import type { Actor, UserEvent } from '@sre-portal/contracts'

/** What somebody was given by another person, as the event tells it. `position` is the log's, a decimal string. */
export interface Grant {
  kind: 'account' | 'role' | 'password' | 'manager' | 'deputy'
  /** Type of the event that says so. */
  type: string
  /** Id of the user who gave it; null for a service, such as the one that registers the first administrator. */
  by: string | null
  byName: string
  eventId: string
  position: string
  at: string
}

/** An administrator has answered for an account as it was up to the log position `asOf`: that its person is somebody, and set its password. */
export interface Confirmation {
  kind: 'confirmation'
  by: string
  asOf: string
  position: string
}

/** Whoever was signed in to the account has set its next password, and so knew the one before. */
export interface OwnPassword {
  kind: 'own-password'
  position: string
}

/** What was done to an account that says whose it is. */
export type Deed = Grant | Confirmation | OwnPassword

/** An event with what its envelope tells: its id, its place in the log, who caused it and when. */
export type Told<E> = E & { id: string; position: bigint; actor: Actor; at: string }

/** Who an account goes back to, and who has answered for it since. JSON, so that read models keep it as it is. */
export interface Identity {
  /** Oldest first. All of them: whether one counts is judged by what held when it was done. */
  deeds: readonly Deed[]
}

/** An account of which nothing is known. */
export const noIdentity: Identity = { deeds: [] }

/** The grant that an event is, of whatever kind. */
export const grantOf = (kind: Grant['kind'], event: Told<{ type: string }>): Grant => ({
  kind,
  type: event.type,
  by: event.actor.kind === 'user' ? event.actor.id : null,
  byName: event.actor.kind === 'user' ? event.actor.name : 'the system',
  eventId: event.id,
  position: String(event.position),
  at: event.at,
})

/** What an event on the stream of the user `userId` says about who controls the account. */
export function evolveIdentity(state: Identity, userId: string, event: Told<UserEvent>): Identity {
  const and = (...deeds: Deed[]): Identity => ({ deeds: [...state.deeds, ...deeds] })
  const given = (...kinds: Grant['kind'][]) => and(...kinds.map((kind) => grantOf(kind, event)))
  switch (event.type) {
    case 'UserRegistered':
      return given('account', 'role', 'password')
    case 'UserReactivated':
      return given('account')
    case 'UserRoleChanged':
      return given('role')
    case 'UserPasswordChanged': {
      const isOwn = event.actor.kind === 'user' && event.actor.id === userId
      return isOwn ? and({ kind: 'own-password', position: String(event.position) }) : given('password')
    }
    case 'UserConfirmed': {
      if (event.actor.kind !== 'user') return state
      const position = String(event.position)
      // Nobody answers for what is still to come.
      const asOf = earlier(event.data.asOf, position)
      return and({ kind: 'confirmation', by: event.actor.id, asOf, position })
    }
    case 'UserRenamed':
    case 'UserDeactivated':
      return state
  }
}

/** Up to which log position this administrator has answered for the account; null when never. */
export const confirmedUpTo = ({ deeds }: Identity, confirmerId: string): string | null =>
  deeds.reduce<string | null>(
    (latest, deed) =>
      deed.kind === 'confirmation' && deed.by === confirmerId ? later(latest, deed.asOf) : latest,
    null,
  )

const earlier = (one: string, other: string) => (BigInt(one) < BigInt(other) ? one : other)
const later = (one: string | null, other: string) =>
  one !== null && BigInt(one) > BigInt(other) ? one : other
