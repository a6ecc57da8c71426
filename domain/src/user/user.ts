import type { Role, UserEvent } from '@sre-portal/contracts'
import { DomainError } from '../domainError.ts'

/** A user as folded from `user-<uuid>`. */
export interface User {
  id: string
  email: string
  name: string
  role: Role
  active: boolean
  demo: boolean
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

/** Canonical form of an e-mail address, one account each: NFKC, lower case, no outer blanks. */
export const canonicalEmail = (email: string): string => email.normalize('NFKC').trim().toLowerCase()

/** True for the accounts of the demonstration: their passwords are printed, so they are refused anywhere else. */
export const isDemoAddress = (email: string): boolean => canonicalEmail(email).endsWith('@demo.example')

/** The next state of a user. */
export function evolveUser(state: User | null, event: UserEvent): User | null {
  if (event.type === 'UserRegistered') {
    const { userId, email, name, role, demo } = event.data
    return { id: userId, email, name, role, demo, active: true }
  }
  if (!state) throw new Error(`${event.type} before UserRegistered`)
  switch (event.type) {
    case 'UserRenamed':
      return { ...state, name: event.data.name }
    case 'UserRoleChanged':
      return { ...state, role: event.data.role }
    case 'UserPasswordChanged':
      return state
    case 'UserDeactivated':
      return { ...state, active: false }
    case 'UserReactivated':
      return { ...state, active: true }
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
