import type { Endpoint, Engine, Environment, InstanceEvent } from '@sre-portal/contracts'
import { DomainError } from '../domainError.ts'
import { canonicalConnection, connectsWithoutLogin } from './connection.ts'
import { refusalOfEndpoint, type AllowedNetworks } from './endpoint.ts'

/** What can be set on an instance beside its password. */
export interface InstanceSettings {
  name: string
  environment: Environment
  endpoint: Endpoint
  databases: string[]
  username: string
}

/**
 * An instance as folded from `instance-<uuid>`. `connectionRevision` is the revision of the last event that changed where or as
 * whom it connects: what a request was approved for is bound to it, and to the environment; a new name or one more database voids nothing.
 */
export interface Instance extends InstanceSettings {
  id: string
  engine: Engine
  retired: boolean
  connectionRevision: number
}

export type InstanceCommand =
  | {
      type: 'RegisterInstance'
      instanceId: string
      engine: Engine
      settings: InstanceSettings
      keyId: string
      allowedNetworks: AllowedNetworks
    }
  | {
      type: 'ChangeInstance'
      settings: Partial<InstanceSettings>
      keyId: string | null
      retired: boolean
      allowedNetworks: AllowedNetworks
    }
  | { type: 'RequestInstanceTest'; testId: string }

/** The next state of an instance; `revision` is the event's own. */
export function evolveInstance(
  state: Instance | null,
  event: InstanceEvent,
  revision: number,
): Instance | null {
  if (event.type === 'InstanceRegistered') {
    const { instanceId, ...settings } = event.data
    return { id: instanceId, ...settings, retired: false, connectionRevision: revision }
  }
  if (!state) throw new Error(`${event.type} before InstanceRegistered`)
  switch (event.type) {
    case 'InstanceChanged':
      return {
        ...state,
        ...event.data,
        connectionRevision: sameConnection(state, event.data) ? state.connectionRevision : revision,
      }
    case 'InstanceRetired':
      return { ...state, retired: true }
    case 'InstanceCredentialsRotated':
    case 'InstanceSecretResealed':
    case 'InstanceSecretRefused':
    case 'InstanceTestRequested':
    case 'InstanceTested':
      return state
  }
}

/** What a command on an instance brings about; nothing when nothing would change. @throws DomainError */
export function decideInstance(state: Instance | null, command: InstanceCommand): InstanceEvent[] {
  if (command.type === 'RegisterInstance') {
    if (state) throw new DomainError('conflict', 'This instance is already registered.')
    const { instanceId, engine, settings, keyId, allowedNetworks } = command
    ensureEndpoint(engine, settings.endpoint, allowedNetworks)
    return [
      { type: 'InstanceRegistered', data: { instanceId, engine, ...settings } },
      { type: 'InstanceCredentialsRotated', data: { keyId } },
    ]
  }
  if (!state) throw new DomainError('not_found', 'There is no such instance.')
  if (state.retired)
    throw new DomainError('conflict', `${state.name} is retired; register it again to use it.`)
  if (command.type === 'RequestInstanceTest')
    return [{ type: 'InstanceTestRequested', data: { testId: command.testId } }]

  const events: InstanceEvent[] = []
  const before: InstanceSettings = {
    name: state.name,
    environment: state.environment,
    endpoint: state.endpoint,
    databases: state.databases,
    username: state.username,
  }
  const after = { ...before, ...command.settings }
  if (!sameEndpoint(before.endpoint, after.endpoint))
    ensureEndpoint(state.engine, after.endpoint, command.allowedNetworks)
  if (command.keyId === null) ensurePasswordIsFor(state.engine, before, after)
  if (JSON.stringify(before) !== JSON.stringify(after)) events.push({ type: 'InstanceChanged', data: after })
  if (command.keyId) events.push({ type: 'InstanceCredentialsRotated', data: { keyId: command.keyId } })
  if (command.retired) events.push({ type: 'InstanceRetired', data: {} })
  return events
}

// A stored password goes to the place and the login that it was typed for, and nowhere else.
function ensurePasswordIsFor(engine: Engine, before: InstanceSettings, after: InstanceSettings): void {
  const changed = { engine, ...after }
  if (connectsWithoutLogin(changed)) return
  if (canonicalConnection({ engine, ...before }) === canonicalConnection(changed)) return
  throw new DomainError(
    'unprocessable',
    'Type the password again: the stored one is only for the address, TLS and user name that it was typed for. Nothing was changed.',
    [{ path: 'password', message: 'Type the password again.' }],
  )
}

const sameConnection = (one: InstanceSettings, other: InstanceSettings) =>
  one.username === other.username && sameEndpoint(one.endpoint, other.endpoint)

const sameEndpoint = (one: Endpoint, other: Endpoint) => JSON.stringify(one) === JSON.stringify(other)

function ensureEndpoint(engine: Engine, endpoint: Endpoint, allowed: AllowedNetworks): void {
  const message = refusalOfEndpoint(engine, endpoint, allowed)
  if (message) throw new DomainError('unprocessable', message, [{ path: 'endpoint', message }])
}
