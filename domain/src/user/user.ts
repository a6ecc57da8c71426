import type { Role, UserEvent } from '@sre-portal/contracts'
import { DomainError } from '../domainError.ts'
import { confirmedUpTo, evolveIdentity, noIdentity, type Identity, type Told } from '../identity/identity.ts'

/** A user as folded from `user-<uuid>`. */
export interface User {
  id: string
  email: string
  name: string
  role: Role
  active: boolean
  demo: boolean
  identity: Identity
}

export type UserCommand =
  | { type: 'RegisterUser'; userId: string; email: string; name: string; role: Role; demo: boolean }
  | {
      type: 'ChangeUser'
      name?: string | undefined
      role?: Role | undefined
      active?: boolean | undefined
      passwordChanged: boolean
    }
  | { type: 'ConfirmUser'; confirmerId: string; asOf: string }

/** Canonical form of an e-mail address, one account each: NFKC, lower case, no outer blanks. */
export const canonicalEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase()

/** True for the accounts of the demonstration: their passwords are printed, so they are refused anywhere else. */
export const isDemoAddress = (email: string): boolean => canonicalEmail(email).endsWith('@demo.example')

/** The next state of a user. */
export function evolveUser(state: User | null, event: Told<UserEvent>): User | null {
  if (event.type === 'UserRegistered') {
    const { userId, email, name, role, demo } = event.data
    const identity = evolveIdentity(noIdentity, userId, event)
    return { id: userId, email, name, role, demo, active: true, identity }
  }
  if (!state) throw new Error(`${event.type} before UserRegistered`)
  const next = { ...state, identity: evolveIdentity(state.identity, state.id, event) }
  switch (event.type) {
    case 'UserRenamed':
      return { ...next, name: event.data.name }
    case 'UserRoleChanged':
      return { ...next, role: event.data.role }
    case 'UserPasswordChanged':
    case 'UserConfirmed':
      return next
    case 'UserDeactivated':
      return { ...next, active: false }
    case 'UserReactivated':
      return { ...next, active: true }
  }
}

/** What a command on a user brings about; nothing when nothing would change. @throws DomainError */
export function decideUser(state: User | null, command: UserCommand): UserEvent[] {
  if (command.type === 'RegisterUser') {
    if (state) throw new DomainError('conflict', 'This user is already registered.')
    const { userId, name, role, demo } = command
    return [
      { type: 'UserRegistered', data: { userId, email: canonicalEmail(command.email), name, role, demo } },
    ]
  }
  if (!state) throw new DomainError('not_found', 'There is no such user.')
  if (command.type === 'ConfirmUser') return confirm(state, command.confirmerId, command.asOf)
  const events: UserEvent[] = []
  if (command.name !== undefined && command.name !== state.name)
    events.push({ type: 'UserRenamed', data: { name: command.name } })
  if (command.role !== undefined && command.role !== state.role)
    events.push({ type: 'UserRoleChanged', data: { role: command.role } })
  if (command.passwordChanged) events.push({ type: 'UserPasswordChanged', data: {} })
  if (command.active !== undefined && command.active !== state.active)
    events.push(
      command.active ? { type: 'UserReactivated', data: {} } : { type: 'UserDeactivated', data: {} },
    )
  return events
}

function confirm(state: User, confirmerId: string, asOf: string): UserEvent[] {
  if (state.id === confirmerId)
    throw new DomainError('forbidden', 'Nobody confirms their own account; another administrator has to.')
  const before = confirmedUpTo(state.identity, confirmerId)
  if (before !== null && BigInt(before) >= BigInt(asOf)) return []
  return [{ type: 'UserConfirmed', data: { asOf } }]
}
