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

/** An event with what its envelope tells: its id, its place in the log, who caused it and when. */
export type Told<E> = E & { id: string; position: bigint; actor: Actor; at: string }

/** Who an account goes back to, and who has answered for it since. JSON, so that read models keep it as it is. */
export interface Identity {
  account: Grant | null
  role: Grant | null
  password: Grant | null
  /** Log position at which the person last set a password of their own. */
  ownPasswordAt: string | null
  /** Up to which log position each administrator has answered for the account, by the administrator's id. */
  confirmedBy: Readonly<Record<string, string>>
}

/** An account of which nothing is known. */
export const noIdentity: Identity = {
  account: null,
  role: null,
  password: null,
  ownPasswordAt: null,
  confirmedBy: {},
}

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
  const given = (kind: Grant['kind']) => grantOf(kind, event)
  switch (event.type) {
    case 'UserRegistered':
      return { ...state, account: given('account'), role: given('role'), password: given('password') }
    case 'UserReactivated':
      return { ...state, account: given('account') }
    case 'UserRoleChanged':
      return { ...state, role: given('role') }
    case 'UserPasswordChanged': {
      const isOwn = event.actor.kind === 'user' && event.actor.id === userId
      return isOwn
        ? { ...state, password: null, ownPasswordAt: String(event.position) }
        : { ...state, password: given('password') }
    }
    case 'UserConfirmed': {
      if (event.actor.kind !== 'user') return state
      // Nobody answers for what is still to come.
      const asOf = earlier(event.data.asOf, String(event.position))
      return { ...state, confirmedBy: { ...state.confirmedBy, [event.actor.id]: asOf } }
    }
    case 'UserRenamed':
    case 'UserDeactivated':
      return state
  }
}

const earlier = (one: string, other: string) => (BigInt(one) < BigInt(other) ? one : other)
