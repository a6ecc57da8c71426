import type { ChangeInstance, Endpoint, Engine, Environment, InstanceRow } from '@sre-portal/contracts'

/** Both ways to reach a target side by side, so that changing one's mind loses nothing. */
export interface EndpointForm {
  kind: 'host' | 'uri'
  host: string
  port: number
  tls: boolean
  uri: string
}

export interface InstanceForm {
  name: string
  engine: Engine
  environment: Environment
  endpoint: EndpointForm
  databases: string[]
  username: string
  password: string
}

export const defaultPorts: Record<Engine, number> = { postgresql: 5432, mongodb: 27017 }
const emptyEndpoint: EndpointForm = {
  kind: 'host',
  host: '',
  port: defaultPorts.postgresql,
  tls: true,
  uri: '',
}

export const emptyInstanceForm: InstanceForm = {
  name: '',
  engine: 'postgresql',
  environment: 'production',
  endpoint: emptyEndpoint,
  databases: [],
  username: '',
  password: '',
}

export function formOf({ name, engine, environment, databases, connection }: InstanceRow): InstanceForm {
  const endpoint = connection ? { ...emptyEndpoint, ...connection.endpoint } : emptyEndpoint
  const username = connection?.username ?? ''
  return { name, engine, environment, endpoint, databases: [...databases], username, password: '' }
}

export const endpointOf = ({ kind, host, port, tls, uri }: EndpointForm): Endpoint =>
  kind === 'uri' ? { kind, uri: uri.trim() } : { kind, host: host.trim(), port, tls }

export const instanceBody = (form: InstanceForm) => ({ ...form, endpoint: endpointOf(form.endpoint) })

/** Only what differs; an empty password field keeps the one that is set. */
export function instanceChanges(form: InstanceForm, instance: InstanceRow): ChangeInstance {
  const before = formOf(instance)
  const endpoint = endpointOf(form.endpoint)
  return {
    ...(form.name !== before.name && { name: form.name }),
    ...(form.environment !== before.environment && { environment: form.environment }),
    ...(JSON.stringify(endpoint) !== JSON.stringify(endpointOf(before.endpoint)) && { endpoint }),
    ...(form.databases.join('\n') !== before.databases.join('\n') && { databases: form.databases }),
    ...(form.username !== before.username && { username: form.username }),
    ...(form.password !== '' && { password: form.password }),
  }
}
