import { randomBytes, randomUUID } from 'node:crypto'
import {
  defaultExecutionLimits,
  type Accepted,
  type Problem,
  type Role,
  type Session,
} from '@sre-portal/contracts'
import { parseNetworks } from '@sre-portal/domain'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { listen } from '@sre-portal/platform/http/listen'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { createCommandApp } from '../app.ts'
import { createPasswords } from '../auth/passwords.ts'
import { ensureFirstAdministrator } from '../bootstrap.ts'
import { defaultBounds, type Context } from '../context.ts'
import { followDirectory } from '../directory.ts'

export const password = 'correct horse battery staple'
const admin = { email: 'ada@example.org', name: 'Ada', password }

/** What came back: the body as the caller expects it when the status is right. */
export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}

/** The command service as it runs in production but for bcrypt's cost, over a database and an event store of its own. */
export async function startCommandService(
  change: Partial<Context> = {},
  /** Writes what is in the log before the service starts. */
  prepare: (store: EventStore) => Promise<void> = () => Promise.resolve(),
) {
  const [database, eventStore] = await Promise.all([migratedDatabase(), testEventStore()])
  const log = createLog('command-service', 'silent')
  const pool = createPool(database.urls.command, 'command-service', log)
  const store = connectEventStore(eventStore.connectionString)
  await prepare(store)
  const directory = followDirectory(store, log)
  await directory.complete
  const context: Context = {
    store,
    pool,
    log,
    directory,
    keyRing: parseKeyRing(`k1:${randomBytes(32).toString('base64')}`),
    jwtSecret: randomBytes(32).toString('hex'),
    limits: defaultExecutionLimits,
    bounds: { ...defaultBounds, pendingRequests: 1_000, submissionsAMinute: 10_000 },
    // What several do at the same moment is what many of these tests are about.
    share: {
      atOnce: 200,
      aSecond: 100_000,
      burst: 100_000,
      waiting: 0,
      longestWaitMs: 0,
      refusedBodiesAMinute: 100_000,
    },
    passwordCost: 4,
    demo: false,
    allowedNetworks: parseNetworks('127.0.0.0/8'),
    now: () => new Date(),
    newId: () => randomUUID(),
    ...change,
  }
  const passwords = createPasswords(context.passwordCost)
  await ensureFirstAdministrator(context, passwords, admin)
  const listening = await listen(createCommandApp(context, 1, passwords), {
    host: '127.0.0.1',
    port: 0,
    trustedProxyHops: 1,
  })
  const api = createApi(listening.url)
  return {
    api,
    url: listening.url,
    context,
    store,
    pool,
    adminUrl: database.adminUrl,
    signIn: (email: string) => signIn(api, email),
    close: async () => {
      await listening.close()
      context.directory.close()
      await store.close()
      await pool.end()
      await eventStore.close()
      await database.drop()
    },
  }
}

export type CommandService = Awaited<ReturnType<typeof startCommandService>>
export type Api = ReturnType<typeof createApi>

function createApi(baseUrl: string) {
  return async function call<T = Problem>(
    method: string,
    path: string,
    { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const form = body instanceof FormData
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && !form && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && {
        body: form ? body : typeof body === 'string' ? body : JSON.stringify(body),
      }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: (text ? JSON.parse(text) : undefined) as T,
      headers: response.headers,
    }
  }
}

export async function signIn(api: Api, email: string): Promise<Session> {
  const { status, body } = await api<Session>('POST', '/api/auth/login', { body: { email, password } })
  if (status !== 200) throw new Error(`sign-in of ${email} answered ${status}`)
  return body
}

/** Registers a user as the administrator and signs them in. */
export async function newUser(service: CommandService, adminToken: string, name: string, role: Role) {
  const email = `${name.toLowerCase()}@example.org`
  const { body } = await service.api<Accepted>('POST', '/api/users', {
    token: adminToken,
    body: { email, name, role, password },
  })
  const session = await service.signIn(email)
  return { id: body.id, email, token: session.accessToken, session }
}

/** Administrator, developer, manager with deputy, a manager elsewhere, their pods, and an instance with one database. */
export async function newCast(service: CommandService) {
  const { accessToken: adminToken, user } = await service.signIn(admin.email)
  const add = (name: string, role: Role) => newUser(service, adminToken, name, role)
  const [dana, grace, pavel, otto] = [
    await add('Dana', 'DEVELOPER'),
    await add('Grace', 'MANAGER'),
    await add('Pavel', 'MANAGER'),
    await add('Otto', 'MANAGER'),
  ]
  const post = (path: string, body: unknown) =>
    service.api<Accepted>('POST', path, { token: adminToken, body })
  await post('/api/pods', { id: 'payments', name: 'Payments', managerId: grace.id })
  await service.api('PATCH', '/api/pods/payments', { token: adminToken, body: { deputyIds: [pavel.id] } })
  await post('/api/pods', { id: 'search', name: 'Search', managerId: otto.id })
  const instance = await post('/api/instances', {
    name: 'orders@prod',
    engine: 'postgresql',
    environment: 'production',
    endpoint: { kind: 'host', host: '127.0.0.1', port: 5432, tls: false },
    databases: ['orders'],
    username: 'app_rw',
    password: 'the target’s own secret',
  })
  return { ada: { id: user.id, token: adminToken }, dana, grace, pavel, otto, instanceId: instance.body.id }
}
export type Cast = Awaited<ReturnType<typeof newCast>>

export const queryBody = (cast: Cast, change: Record<string, unknown> = {}) => ({
  kind: 'query',
  instanceId: cast.instanceId,
  database: 'orders',
  podId: 'payments',
  comment: 'Finance asks.',
  content: 'select count(*) from orders',
  ...change,
})
