import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accepted } from '@sre-portal/contracts'
import { loadInstance, loadPod, loadUser } from '@sre-portal/platform/aggregates'
import { instancePasswordOf, open } from '@sre-portal/platform/secretBox'
import {
  newCast,
  password,
  startCommandService,
  type Cast,
  type CommandService,
} from './testing/commandService.ts'

let service: CommandService
let cast: Cast
beforeAll(async () => {
  service = await startCommandService()
  cast = await newCast(service)
})
afterAll(() => service.close())

const asAdmin = <T = { detail: string }>(method: string, path: string, body: unknown = {}) =>
  service.api<T>(method, path, { token: cast.ada.token, body })
const endpoint = { kind: 'host', host: '127.0.0.1', port: 5432, tls: false }
const instance = (change: object = {}) => ({
  name: 'billing@prod',
  engine: 'postgresql',
  environment: 'production',
  endpoint,
  databases: ['billing'],
  username: 'app',
  password: 'p-4711',
  ...change,
})

describe('every administrative route', () => {
  const routes: [string, string][] = [
    ['POST', '/api/users'],
    ['POST', '/api/users/00000000-0000-4000-8000-000000000000/confirm'],
    ['PATCH', '/api/users/00000000-0000-4000-8000-000000000000'],
    ['POST', '/api/pods'],
    ['PATCH', '/api/pods/payments'],
    ['POST', '/api/instances'],
    ['PATCH', '/api/instances/00000000-0000-4000-8000-000000000000'],
    ['POST', '/api/instances/00000000-0000-4000-8000-000000000000/test'],
  ]
  it.each(routes)('%s %s is for administrators', async (method, path) => {
    expect((await service.api(method, path, { body: {} })).status).toBe(401)
    expect((await service.api(method, path, { token: cast.dana.token, body: {} })).status).toBe(403)
    expect((await service.api(method, path, { token: cast.grace.token, body: {} })).status).toBe(403)
    expect([200, 400, 404]).toContain((await asAdmin(method, path)).status)
  })

  it('unknown ones are 404 with a problem', async () => {
    const { status, body } = await asAdmin('POST', '/api/nothing')
    expect([status, body.detail]).toEqual([404, 'There is no route POST /api/nothing.'])
  })
})

describe('users', () => {
  const body = { email: 'New@Example.org', name: 'New', role: 'DEVELOPER', password }

  it('are registered once an address', async () => {
    const { status, body: accepted } = await asAdmin<Accepted>('POST', '/api/users', body)
    expect(status).toBe(201)
    expect((await loadUser(service.store, accepted.id)).state).toMatchObject({
      email: 'new@example.org',
      active: true,
    })
    expect((await asAdmin('POST', '/api/users', { ...body, email: 'new@example.org' })).status).toBe(409)
  })

  it.each([
    ['a short password', { password: 'short' }],
    ['a common password', { password: 'Password1234' }],
    ['an unknown role', { role: 'ROOT' }],
    ['no address', { email: 'nobody' }],
  ])('are refused with %s', async (_name, change) =>
    expect((await asAdmin('POST', '/api/users', { ...body, email: 'x@y', ...change })).status).toBe(400),
  )

  it('keep an administrator: nobody takes their own administration away', async () => {
    for (const change of [{ role: 'DEVELOPER' }, { active: false }])
      expect((await asAdmin('PATCH', `/api/users/${cast.ada.id}`, change)).status).toBe(409)
  })

  it('lose what they may do with their role, at once', async () => {
    await asAdmin('PATCH', `/api/users/${cast.otto.id}`, { role: 'ADMIN' })
    expect((await service.api('POST', '/api/pods', { token: cast.otto.token, body: {} })).status).toBe(400)
    await asAdmin('PATCH', `/api/users/${cast.otto.id}`, { role: 'MANAGER' })
    expect((await service.api('POST', '/api/pods', { token: cast.otto.token, body: {} })).status).toBe(403)
  })
})

describe('pods', () => {
  it('take only managers, and tell which field is wrong', async () => {
    const answer = await service.api('POST', '/api/pods', {
      token: cast.ada.token,
      body: { id: 'growth', name: 'Growth', managerId: cast.dana.id },
    })
    expect(answer.status).toBe(422)
    expect(answer.body.faults).toEqual([
      { path: 'managerId', message: 'Dana has the role DEVELOPER; only a MANAGER can decide for a pod.' },
    ])
  })

  it('change their deputies as a set', async () => {
    await asAdmin('PATCH', '/api/pods/payments', { deputyIds: [cast.otto.id, cast.otto.id] })
    expect((await loadPod(service.store, 'payments')).state?.deputyIds).toEqual([cast.otto.id])
  })

  it('have their name once', async () =>
    expect(
      (await asAdmin('POST', '/api/pods', { id: 'payments', name: 'P', managerId: cast.grace.id })).status,
    ).toBe(409))
})

describe('instances', () => {
  it('keep the password sealed and out of every event', async () => {
    const { body } = await asAdmin<Accepted>('POST', '/api/instances', instance())
    const { rows } = await asDatabaseAdmin(service.adminUrl, body.id)
    expect(rows[0]?.ciphertext).toMatch(/^v2:k1:/)
    const { state } = await loadInstance(service.store, body.id)
    const { state: other } = await loadInstance(service.store, cast.instanceId)
    if (!state || !other) throw new Error('no such instance')
    const opened = (purpose: Parameters<typeof instancePasswordOf>[0]) =>
      open(service.context.keyRing, instancePasswordOf(purpose), rows[0]?.ciphertext ?? '')
    expect(opened(state)).toBe('p-4711')
    expect(() => opened(other)).toThrow('does not belong here')
    expect(() => opened({ ...state, endpoint: { ...endpoint, kind: 'host', port: 5433 } })).toThrow(
      'does not belong here',
    )
    const { events } = await loadInstance(service.store, body.id)
    expect(events.map(({ type }) => type)).toEqual(['InstanceRegistered', 'InstanceCredentialsRotated'])
    expect(
      JSON.stringify(events, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('p-4711')
  })

  it('have different names', async () =>
    expect((await asAdmin('POST', '/api/instances', instance({ name: 'ORDERS@prod' }))).status).toBe(409))

  it('ask the executor for a test', async () => {
    expect((await asAdmin('POST', `/api/instances/${cast.instanceId}/test`)).status).toBe(202)
    expect((await loadInstance(service.store, cast.instanceId)).events.at(-1)?.type).toBe(
      'InstanceTestRequested',
    )
  })

  it('are retired for good', async () => {
    const { body } = await asAdmin<Accepted>('POST', '/api/instances', instance({ name: 'old@prod' }))
    expect((await asAdmin('PATCH', `/api/instances/${body.id}`, { retired: true })).status).toBe(200)
    expect((await asAdmin('PATCH', `/api/instances/${body.id}`, { name: 'again' })).status).toBe(409)
  })

  it.each([
    ['no database', { databases: [] }],
    ['a database twice', { databases: ['a', 'a'] }],
    ['port 0', { endpoint: { ...endpoint, port: 0 } }],
    ['an unknown engine', { engine: 'oracle' }],
  ])('are refused with %s', async (_name, change) =>
    expect((await asAdmin('POST', '/api/instances', instance({ name: 'bad', ...change }))).status).toBe(400),
  )
})

async function asDatabaseAdmin(url: string, instanceId: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query<{ ciphertext: string }>(
      'select ciphertext from record.target_credentials where instance_id = $1',
      [instanceId],
    )
  } finally {
    await client.end()
  }
}
