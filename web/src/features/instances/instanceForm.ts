import type { ChangeInstance, Endpoint, Engine, Environment, InstanceRow } from '@sre-portal/contracts'

export interface InstanceForm {
  name: string
  engine: Engine
  environment: Environment
  endpointKind: 'host' | 'uri'
  host: string
  port: number
  tls: boolean
  uri: string
  databases: string[]
  username: string
  password: string
}

export const emptyInstanceForm: InstanceForm = {
  name: '',
  engine: 'postgresql',
  environment: 'production',
  endpointKind: 'host',
  host: '',
  port: 5432,
  tls: true,
  uri: '',
  databases: [],
  username: '',
  password: '',
}

export function formOf(instance: InstanceRow): InstanceForm {
  const { name, engine, environment, databases, connection } = instance
  const form = { ...emptyInstanceForm, name, engine, environment, databases: [...databases] }
  if (!connection) return form
  const { endpoint, username } = connection
  return endpoint.kind === 'uri'
    ? { ...form, username, endpointKind: 'uri', uri: endpoint.uri }
    : { ...form, username, endpointKind: 'host', host: endpoint.host, port: endpoint.port, tls: endpoint.tls }
}

export function endpointOf(form: InstanceForm): Endpoint {
  return form.endpointKind === 'uri'
    ? { kind: 'uri', uri: form.uri.trim() }
    : { kind: 'host', host: form.host.trim(), port: form.port, tls: form.tls }
}

export function instanceBody(form: InstanceForm) {
  const { name, engine, environment, databases, username, password } = form
  return { name, engine, environment, endpoint: endpointOf(form), databases, username, password }
}

/** Only what differs; an empty password field keeps the one that is set. */
export function instanceChanges(form: InstanceForm, instance: InstanceRow): ChangeInstance {
  const before = formOf(instance)
  const endpoint = endpointOf(form)
  return {
    ...(form.name !== before.name && { name: form.name }),
    ...(form.environment !== before.environment && { environment: form.environment }),
    ...(JSON.stringify(endpoint) !== JSON.stringify(endpointOf(before)) && { endpoint }),
    ...(form.databases.join('\n') !== before.databases.join('\n') && { databases: form.databases }),
    ...(form.username !== before.username && { username: form.username }),
    ...(form.password !== '' && { password: form.password }),
  }
}
