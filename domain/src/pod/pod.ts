import type { PodEvent } from '@sre-portal/contracts'
import { DomainError } from '../domainError.ts'
import { grantOf, type Grant, type Told } from '../identity/identity.ts'
import type { User } from '../user/user.ts'

/** A pod as folded from `pod-<id>`: who decides for it. */
export interface Pod {
  id: string
  name: string
  managerId: string | null
  deputyIds: readonly string[]
  /** Who put each of them in charge, by the id of the one who decides. */
  memberships: Readonly<Record<string, Grant>>
}

/** Users that a command names are passed as they are now, so that only people who may decide are put in charge. */
export type PodCommand =
  | { type: 'CreatePod'; podId: string; name: string; manager: User }
  | {
      type: 'ChangePod'
      name?: string | undefined
      manager?: User | undefined
      deputies?: User[] | undefined
    }

/** The next state of a pod. */
export function evolvePod(state: Pod | null, event: Told<PodEvent>): Pod | null {
  if (event.type === 'PodCreated')
    return { id: event.data.podId, name: event.data.name, managerId: null, deputyIds: [], memberships: {} }
  if (!state) throw new Error(`${event.type} before PodCreated`)
  const memberships = evolveMemberships(state.memberships, event)
  switch (event.type) {
    case 'PodRenamed':
      return { ...state, name: event.data.name }
    case 'PodManagerAssigned':
      return { ...state, managerId: event.data.userId, memberships }
    case 'PodDeputyAdded':
      return { ...state, deputyIds: [...state.deputyIds, event.data.userId], memberships }
    case 'PodDeputyRemoved':
      return {
        ...state,
        deputyIds: state.deputyIds.filter((id) => id !== event.data.userId),
        memberships,
      }
  }
}

/** Who put whom in charge, after this event. A deputy who is made manager keeps one grant: the later one. */
export function evolveMemberships(state: Pod['memberships'], event: Told<PodEvent>): Pod['memberships'] {
  switch (event.type) {
    case 'PodManagerAssigned':
      return { ...state, [event.data.userId]: grantOf('manager', event) }
    case 'PodDeputyAdded':
      return { ...state, [event.data.userId]: grantOf('deputy', event) }
    case 'PodCreated':
    case 'PodRenamed':
    case 'PodDeputyRemoved':
      return state
  }
}

/** What a command on a pod brings about; nothing when nothing would change. @throws DomainError */
export function decidePod(state: Pod | null, command: PodCommand): PodEvent[] {
  if (command.type === 'CreatePod') {
    if (state) throw new DomainError('conflict', `There is already a pod "${command.podId}".`)
    ensureMayDecide(command.manager, 'managerId')
    return [
      { type: 'PodCreated', data: { podId: command.podId, name: command.name } },
      { type: 'PodManagerAssigned', data: { userId: command.manager.id } },
    ]
  }
  if (!state) throw new DomainError('not_found', 'There is no such pod.')
  const events: PodEvent[] = []
  if (command.name !== undefined && command.name !== state.name)
    events.push({ type: 'PodRenamed', data: { name: command.name } })
  const managerId = command.manager?.id ?? state.managerId
  if (command.manager && command.manager.id !== state.managerId) {
    ensureMayDecide(command.manager, 'managerId')
    events.push({ type: 'PodManagerAssigned', data: { userId: command.manager.id } })
  }
  const deputies = command.deputies?.filter((user) => user.id !== managerId)
  const kept = deputies?.map((user) => user.id) ?? state.deputyIds.filter((id) => id !== managerId)
  for (const userId of state.deputyIds)
    if (!kept.includes(userId)) events.push({ type: 'PodDeputyRemoved', data: { userId } })
  for (const user of deputies ?? []) {
    if (state.deputyIds.includes(user.id)) continue
    ensureMayDecide(user, 'deputyIds')
    events.push({ type: 'PodDeputyAdded', data: { userId: user.id } })
  }
  return events
}

function ensureMayDecide(user: User, path: string): void {
  if (user.active && user.role === 'MANAGER') return
  const message = user.active
    ? `${user.name} has the role ${user.role}; only a MANAGER can decide for a pod.`
    : `${user.name} is deactivated; only an active MANAGER can decide for a pod.`
  throw new DomainError('unprocessable', message, [{ path, message }])
}
