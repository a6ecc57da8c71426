import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { instanceListSchema, type RegisterInstance } from '@sre-portal/contracts'
import { demoAccounts, demoPassword, type DemoPerson } from './accounts.ts'
import { signIn, type Api, type Services } from './api.ts'
import { demoDatabases, demoRoles, type DemoPasswords } from './database.ts'
import { playDemoRequests, postgresPlays } from './requests.ts'

export interface SeedOptions {
  services: Services
  dataDir: string
  /** Where the demonstration's databases answer now. */
  postgresPort: number
  passwords: DemoPasswords
  onProgress: (text: string) => void
  signal: AbortSignal
}

/** Made when everything is there; later starts leave alone what visitors did with it. */
export const seededMarker = 'demo-seeded'

/**
 * Fills the portal through its own API, as its users would. Each command carries a fixed key, so that all of it may be sent again after a
 * kill in the middle.
 */
export async function seedDemo(options: SeedOptions): Promise<void> {
  const { services, dataDir, signal, onProgress, postgresPort } = options
  const marker = join(dataDir, seededMarker)
  const seededFor = existsSync(marker) ? await readFile(marker, 'utf8') : undefined
  if (seededFor === String(postgresPort)) return
  const admin = await signIn(services, { email: demoAccounts.admin.email, password: demoPassword }, signal)
  if (seededFor === undefined) {
    onProgress('Making the demo accounts and pods, and playing a few requests')
    await makePods(admin, await makeUsers(admin))
  }
  const instances = seededFor === undefined ? await makeInstances(admin, options) : undefined
  await correctPorts(admin, instances?.position ?? '0', options)
  if (instances) await playDemoRequests({ services, signal, instances, plays: postgresPlays })
  await writeFile(marker, String(postgresPort))
}

async function makeUsers(admin: Api): Promise<Record<DemoPerson, string>> {
  const made = Object.entries(demoAccounts).map(async ([person, { email, name, role }]) => {
    if (person === 'admin') return [person, '']
    const body = { email, name, role, password: demoPassword }
    return [person, (await admin.send('POST', '/api/users', body, `demo-account-of-${person}`)).id]
  })
  return Object.fromEntries(await Promise.all(made)) as Record<DemoPerson, string>
}

async function makePods(admin: Api, ids: Record<DemoPerson, string>): Promise<void> {
  const pods = [
    { id: 'aviation', name: 'Aviation', managerId: ids.manager },
    { id: 'cinema', name: 'Cinema', managerId: ids.other },
  ]
  for (const pod of pods) await admin.send('POST', '/api/pods', pod, `demo-pod-${pod.id}-made`)
  await admin.send('PATCH', '/api/pods/aviation', { deputyIds: [ids.deputy] }, 'demo-pod-aviation-deputy')
}

interface DemoInstances {
  writable: string
  readOnly: string
  /** Log position from which on both are known. */
  position: string
}

const demoInstancesPath = '/api/instances?q=demo-&retired=false&limit=200'

const endpointAt = (port: number) => ({ kind: 'host', host: '127.0.0.1', port, tls: false }) as const

async function makeInstances(admin: Api, { postgresPort, passwords }: SeedOptions): Promise<DemoInstances> {
  const { items, position } = await admin.get(demoInstancesPath, instanceListSchema)
  // Killed in the middle, it may be there already, at another port: that is corrected afterwards.
  const register = async (body: RegisterInstance) => {
    const known = items.find(({ name, retired }) => name === body.name && !retired)
    return known
      ? { id: known.id, position }
      : admin.send('POST', '/api/instances', body, `demo-instance-${body.name}`)
  }
  const writable = await register({
    name: 'demo-primary',
    engine: 'postgresql',
    environment: 'production',
    endpoint: endpointAt(postgresPort),
    databases: ['demo'],
    username: demoRoles.writer,
    password: passwords.writer,
  })
  const readOnly = await register({
    name: 'demo-replica',
    engine: 'postgresql',
    environment: 'staging',
    endpoint: endpointAt(postgresPort),
    databases: demoDatabases,
    username: demoRoles.reader,
    password: passwords.reader,
  })
  return { writable: writable.id, readOnly: readOnly.id, position: readOnly.position }
}

/** The embedded PostgreSQL may answer at another port than last time. */
async function correctPorts(
  admin: Api,
  position: string,
  { postgresPort: port, passwords }: SeedOptions,
): Promise<void> {
  const passwordOf = { 'demo-primary': passwords.writer, 'demo-replica': passwords.reader }
  const { items } = await admin.get(`${demoInstancesPath}&minPosition=${position}`, instanceListSchema)
  for (const { id, name, revision, retired, connection } of items) {
    const endpoint = connection?.endpoint
    if ((name !== 'demo-primary' && name !== 'demo-replica') || retired) continue
    if (endpoint?.kind !== 'host' || endpoint.port === port) continue
    const change = { endpoint: endpointAt(port), password: passwordOf[name] }
    await admin.send(
      'PATCH',
      `/api/instances/${id}`,
      change,
      `demo-instance-port-${name}-${revision}-${port}`,
    )
  }
}
