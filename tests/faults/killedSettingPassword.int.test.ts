import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { userIdOf } from '@sre-portal/command-service/users/userId'
import type { Accepted, Session } from '@sre-portal/contracts'
import { loadUser } from '@sre-portal/platform/aggregates'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { testEventStore } from '../setup/eventStore.ts'
import { migratedDatabase } from '../setup/postgres.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const waiting = { timeout: 60_000, interval: 20 }
const [old, later] = ['correct horse battery staple', 'the later one of both passwords']
const ada = { email: 'ada@example.org', password: old }

let database: Awaited<ReturnType<typeof migratedDatabase>>
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let store: EventStore
let admin: Client
let service: ChildProcess
let url = ''
const environment = () => ({
  PATH: process.env['PATH'],
  NODE_ENV: 'test',
  PORT: '0',
  BCRYPT_COST: '4',
  POSTGRES_URL: database.urls.command,
  EVENTSTORE_URL: eventStore.connectionString,
  JWT_SECRET: secrets.jwt,
  CREDENTIAL_KEYS: secrets.key,
  BOOTSTRAP_ADMIN_EMAIL: ada.email,
  BOOTSTRAP_ADMIN_PASSWORD: ada.password,
})
const secrets = { jwt: randomBytes(32).toString('hex'), key: `k1:${randomBytes(32).toString('base64')}` }

beforeAll(async () => {
  ;[database, eventStore] = await Promise.all([migratedDatabase(), testEventStore()])
  store = connectEventStore(eventStore.connectionString)
  admin = new Client({ connectionString: database.adminUrl })
  await admin.connect()
  await start()
})
afterAll(async () => {
  await kill()
  await admin.end()
  await store.close()
  await eventStore.close()
  await database.drop()
})

async function start(): Promise<void> {
  let said = ''
  service = spawn(process.execPath, ['--import', 'tsx', 'command-service/src/main.ts'], {
    cwd: root,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  service.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await vi.waitFor(async () => {
    url = /listening on (http:\/\/[^"\s]+)/.exec(said)?.[1] ?? ''
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  }, waiting)
}

async function kill(): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return
  const ended = once(service, 'exit')
  service.kill('SIGKILL')
  await ended
}

async function send<T>(method: string, path: string, body: object, token?: string, key = randomUUID()) {
  const answer = await fetch(url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as T }
}
const signIn = async (email: string, password: string) =>
  send<Session>('POST', '/api/auth/login', { email, password })
const tokenOf = async (email: string) => (await signIn(email, old)).body.accessToken

/** Lets the command wait where it writes to this table, kills the service there, and starts it again. */
async function killWhileWriting(table: string, command: () => Promise<unknown>): Promise<void> {
  const { rows } = await admin.query<{ oid: number }>('select $1::regclass::oid as oid', [table])
  await admin.query('begin')
  await admin.query(`lock table ${table} in share mode`)
  const answer = command().then(
    () => 'answered',
    () => 'no answer',
  )
  await vi.waitFor(async () => {
    const waitingFor = await admin.query('select from pg_locks where relation = $1 and not granted', [
      rows[0]?.oid,
    ])
    expect(waitingFor.rowCount).toBeGreaterThan(0)
  }, waiting)
  await kill()
  expect(await answer).toBe('no answer')
  await admin.query('rollback')
  await start()
}

const ways = ['one’s own change', 'a reset by an administrator', 'a new account'] as const
const places = [
  { table: 'record.prepared_passwords', isSet: false },
  { table: 'record.user_credentials', isSet: true },
  { table: 'record.sessions', isSet: true },
]
const cases = ways.flatMap((way) =>
  places
    .filter(({ table }) => way !== 'a new account' || table !== 'record.sessions')
    .map((place) => ({ way, ...place })),
)

it.each(cases)(
  'kill -9 in $way while $table is written: one password opens the account, never both, and the retry completes it',
  { timeout: 120_000 },
  async ({ way, table, isSet }) => {
    const email = `p${randomUUID().slice(0, 8)}@example.org`
    const person = { email, name: 'Person', role: 'DEVELOPER' }
    const adminToken = await tokenOf(ada.email)
    if (way !== 'a new account')
      expect((await send('POST', '/api/users', { ...person, password: old }, adminToken)).status).toBe(201)
    const token = way === 'one’s own change' ? await tokenOf(email) : adminToken
    if (way !== 'a new account') await tokenOf(email)
    const key = randomUUID()
    const command = (): Promise<{ status: number; body: Accepted }> => {
      if (way === 'a new account')
        return send('POST', '/api/users', { ...person, password: later }, token, key)
      return way === 'one’s own change'
        ? send('POST', '/api/auth/password', { currentPassword: old, newPassword: later }, token, key)
        : send('PATCH', `/api/users/${userIdOf(email)}`, { password: later }, token, key)
    }
    const events = async () => (await loadUser(store, userIdOf(email))).events.map(({ type }) => type)
    const before = await events()
    await killWhileWriting(table, command)
    expect((await events()).length - before.length).toBe(isSet ? 1 : 0)
    const hadOne = way !== 'a new account'
    expect((await signIn(email, later)).status).toBe(isSet ? 200 : 401)
    expect((await signIn(email, old)).status).toBe(!isSet && hadOne ? 200 : 401)
    expect((await command()).status).toBe(hadOne ? 200 : 201)
    expect([(await signIn(email, old)).status, (await signIn(email, later)).status]).toEqual([401, 200])
    expect((await events()).length - before.length).toBe(1)
  },
)

it(
  'kill -9, and nobody comes: the service stores the password and ends the sessions itself',
  { timeout: 120_000 },
  async () => {
    const email = 'nobody-comes@example.org'
    const id = userIdOf(email)
    const token = await tokenOf(ada.email)
    await send('POST', '/api/users', { email, name: 'Person', role: 'DEVELOPER', password: old }, token)
    await tokenOf(email)
    await killWhileWriting('record.user_credentials', () =>
      send('PATCH', `/api/users/${id}`, { password: later }, token),
    )
    await vi.waitFor(async () => {
      const { rows } = await admin.query<Record<string, unknown>>(
        `select (select revision from record.user_credentials where user_id = $1) as revision,
              (select count(*) from record.sessions where user_id = $1 and ended_at is null) as open,
              (select count(*) from record.prepared_passwords where user_id = $1) as prepared`,
        [id],
      )
      expect(rows).toEqual([{ revision: '1', open: '0', prepared: '0' }])
    }, waiting)
  },
)
