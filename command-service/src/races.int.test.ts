import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryStream, type Accepted } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadDirectory, loadInstance, loadPod, loadRequest, loadUser } from '@sre-portal/platform/aggregates'
import { voidUnlessCurrent } from '@sre-portal/platform/approvals'
import type { EventStore } from '@sre-portal/platform/eventStore'
import { historyWriter, system } from '@sre-portal/platform/testing/historyWriter'
import {
  newCast,
  newUser,
  queryBody,
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

const contentHash = contentHashOf('select count(*) from orders')
const as = (token: string) => (method: string, path: string, body: unknown) =>
  service.api<Accepted>(method, path, { token, body })

const instanceBody = {
  engine: 'postgresql',
  environment: 'production',
  endpoint: { kind: 'host', host: '127.0.0.1', port: 5432, tls: false },
  databases: ['orders'],
  username: 'app',
  password: 'p-4711',
}

describe('the last administrator', () => {
  it('stays, however many take each other’s place away at once', async () => {
    for (let round = 0; round < 5; round++) {
      const bea = await newUser(service, cast.ada.token, `Bea${round}`, 'ADMIN')
      const cy = await newUser(service, cast.ada.token, `Cy${round}`, 'ADMIN')
      const demote = (by: { token: string }, whom: { id: string }) =>
        as(by.token)('PATCH', `/api/users/${whom.id}`, { role: 'DEVELOPER' })
      // Ada is out of the way, so that only these two are left.
      expect((await demote(bea, cast.ada)).status).toBe(200)
      const answers = await Promise.all([demote(bea, cy), demote(cy, bea)])
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const roles = await Promise.all(
        [bea, cy].map(async ({ id }) => (await loadUser(service.store, id)).state?.role),
      )
      expect(roles.filter((role) => role === 'ADMIN')).toHaveLength(1)
      const left = roles[0] === 'ADMIN' ? bea : cy
      await as(left.token)('PATCH', `/api/users/${cast.ada.id}`, { role: 'ADMIN' })
      expect((await demote(cast.ada, left)).status).toBe(200)
    }
  })

  it('is told why', async () => {
    const dee = await newUser(service, cast.ada.token, 'Dee', 'ADMIN')
    await as(dee.token)('PATCH', `/api/users/${cast.ada.id}`, { active: false })
    // Ada cannot sign in, and Dee cannot go.
    const { status } = await as(dee.token)('PATCH', `/api/users/${dee.id}`, { active: false })
    expect(status).toBe(409)
    await as(dee.token)('PATCH', `/api/users/${cast.ada.id}`, { active: true })
    cast.ada.token = (await service.signIn('ada@example.org')).accessToken
    expect((await as(cast.ada.token)('PATCH', `/api/users/${dee.id}`, { active: false })).status).toBe(200)
  })
})

describe('the name of an instance', () => {
  const register = (name: string) => as(cast.ada.token)('POST', '/api/instances', { ...instanceBody, name })
  const change = (id: string, settings: object) =>
    as(cast.ada.token)('PATCH', `/api/instances/${id}`, settings)

  it('is had once, of eight that ask for it at once, however they write it', async () => {
    const names = ['ledger@prod', 'LEDGER@prod', 'Ledger@Prod', 'ledger@ｐrod']
    const answers = await Promise.all([...names, ...names].map(register))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)])
  })

  it('is had once when others are renamed to it at once', async () => {
    const ids = await Promise.all(
      ['n1', 'n2', 'n3', 'n4'].map(async (name) => (await register(name)).body.id),
    )
    const answers = await Promise.all(ids.map((id) => change(id, { name: 'one-of-them' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    const named = await Promise.all(
      ids.map(async (id) => (await loadInstance(service.store, id)).state?.name),
    )
    expect(named.filter((name) => name === 'one-of-them')).toHaveLength(1)
  })

  it('is free again as soon as its instance is retired or renamed', async () => {
    const { body: first } = await register('again')
    expect((await register('again')).status).toBe(409)
    expect((await change(first.id, { retired: true })).status).toBe(200)
    const { status, body: second } = await register('again')
    expect(status).toBe(201)
    expect((await change(second.id, { name: 'again-no-more' })).status).toBe(200)
    expect((await register('again')).status).toBe(201)
    expect((await change(second.id, { name: 'AGAIN-no-more' })).status).toBe(200)
  })

  it('that was claimed and never used is free after a minute', async () => {
    const claim = (at: string) =>
      service.store.record(directoryStream, [
        {
          id: service.context.newId(),
          event: {
            type: 'InstanceNameClaimed',
            data: { name: `left-behind-${at.slice(0, 4)}`, instanceId: service.context.newId() },
          },
          metadata: { actor: { kind: 'anonymous' }, at, correlationId: 'c', schemaVersion: 1 },
        },
      ])
    await claim('2020-01-01T00:00:00.000Z')
    const now = new Date().toISOString()
    await claim(now)
    expect((await register('left-behind-2020')).status).toBe(201)
    expect((await register(`left-behind-${now.slice(0, 4)}`)).status).toBe(409)
  })
})

it('is opened from the log of an earlier version: its administrators and names count', async () => {
  const write = async (store: EventStore) => {
    const history = historyWriter(store)
    await history.user('Only One', 'ADMIN')
    await history.user('Some Manager', 'MANAGER')
    await history.instance('old@prod')
    await history.instance('OLD@prod')
    const retired = await history.instance('gone@prod')
    await history.append('instance', retired, system, { type: 'InstanceRetired', data: {} })
  }
  const upgraded = await startCommandService({}, write)
  try {
    const { state } = await loadDirectory(upgraded.store)
    expect([state.opened, state.administrators.size, [...state.names.keys()]]).toEqual([
      true,
      2,
      ['old@prod'],
    ])
    const { accessToken: token } = await upgraded.signIn('ada@example.org')
    const register = (name: string) =>
      upgraded.api('POST', '/api/instances', { token, body: { ...instanceBody, name } })
    expect([(await register('Old@prod')).status, (await register('gone@prod')).status]).toEqual([409, 201])
  } finally {
    await upgraded.close()
  }
})

describe('an approval', () => {
  it('does not count when its approver was removed before it was written', async () => {
    const submit = async () => (await as(cast.dana.token)('POST', '/api/requests', queryBody(cast))).body.id
    const ids = await Promise.all(Array.from({ length: 24 }, submit))
    const removal = (deputyIds: string[]) => as(cast.ada.token)('PATCH', '/api/pods/payments', { deputyIds })
    const approving = ids.map((id) =>
      as(cast.pavel.token)('POST', `/api/requests/${id}/approve`, { contentHash }),
    )
    const removed = await removal([])
    expect(removed.status).toBe(200)
    const answers = await Promise.all(approving)
    const removedAt = BigInt(removed.body.position)
    for (const [index, id] of ids.entries()) {
      const { state, events } = await loadRequest(service.store, id)
      const approval = events.find(({ type }) => type === 'RequestApproved')
      const counts = approval !== undefined && approval.position < removedAt
      expect({ id, status: state?.status, answer: answers[index]?.status === 200 }).toEqual({
        id,
        status: counts ? 'APPROVED' : 'PENDING',
        answer: counts,
      })
    }
    await removal([cast.pavel.id])
  })

  it.each([
    ['environment', { environment: 'staging' }, { environment: 'production' }],
    ['database', { databases: ['stock'] }, { databases: ['orders'] }],
  ])('does not count when the %s was changed before it was written', async (_name, away, back) => {
    const instance = `/api/instances/${cast.instanceId}`
    const submit = async () => (await as(cast.dana.token)('POST', '/api/requests', queryBody(cast))).body.id
    const ids = await Promise.all(Array.from({ length: 24 }, submit))
    const approving = ids.map((id) =>
      as(cast.grace.token)('POST', `/api/requests/${id}/approve`, { contentHash }),
    )
    const changed = await as(cast.ada.token)('PATCH', instance, away)
    expect(changed.status).toBe(200)
    const answers = await Promise.all(approving)
    const changedAt = BigInt(changed.body.position)
    for (const [index, id] of ids.entries()) {
      const { state, events } = await loadRequest(service.store, id)
      const approval = events.find(({ type }) => type === 'RequestApproved')
      const counts = approval !== undefined && approval.position < changedAt
      expect({ id, status: state?.status, answer: answers[index]?.status === 200 }).toEqual({
        id,
        status: counts ? 'APPROVED' : 'PENDING',
        answer: counts,
      })
    }
    expect((await as(cast.ada.token)('PATCH', instance, back)).status).toBe(200)
  })

  it('is void when it was written after the environment had been changed, however it was read before', async () => {
    const { body } = await as(cast.dana.token)('POST', '/api/requests', queryBody(cast))
    const [user, pod, request] = await Promise.all([
      loadUser(service.store, cast.grace.id),
      loadPod(service.store, 'payments'),
      loadRequest(service.store, body.id),
    ])
    const instance = `/api/instances/${cast.instanceId}`
    await as(cast.ada.token)('PATCH', instance, { environment: 'development' })
    const metadata = {
      actor: { kind: 'user' as const, id: cast.grace.id, name: 'Grace', role: 'MANAGER' as const },
      at: new Date().toISOString(),
      correlationId: 'late',
      schemaVersion: 1,
    }
    const id = service.context.newId()
    const data = {
      contentHash,
      instanceRevision: request.state?.instanceRevision ?? 0,
      approverRevision: user.revision,
      podRevision: pod.revision,
    }
    await service.store.append(
      `request-${body.id}`,
      [{ id, event: { type: 'RequestApproved', data }, metadata }],
      request.revision,
    )
    expect(await voidUnlessCurrent(service.store, body.id, id, metadata)).toBe(
      'orders@prod was production when this request was submitted and is development now; it has to be submitted again.',
    )
    expect((await loadRequest(service.store, body.id)).state?.status).toBe('PENDING')
    await as(cast.ada.token)('PATCH', instance, { environment: 'production' })
  })

  it('names the revisions that the right to it was read from', async () => {
    const { body } = await as(cast.dana.token)('POST', '/api/requests', queryBody(cast))
    const path = `/api/requests/${body.id}/approve`
    expect((await as(cast.grace.token)('POST', path, { contentHash })).status).toBe(200)
    const { events } = await loadRequest(service.store, body.id)
    const { revision } = await loadUser(service.store, cast.grace.id)
    expect(events.at(-1)?.data).toMatchObject({
      contentHash,
      approverRevision: revision,
      podRevision: expect.any(Number) as number,
    })
  })
})
