import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accepted, Problem, Session } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadRequest } from '@sre-portal/platform/aggregates'
import {
  newCast,
  newUser,
  password,
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
const submit = async (token: string) =>
  (await service.api<Accepted>('POST', '/api/requests', { token, body: queryBody(cast) })).body.id
const approve = (id: string, token: string) =>
  service.api<Problem>('POST', `/api/requests/${id}/approve`, { token, body: { contentHash } })
const typesOf = async (id: string) => (await loadRequest(service.store, id)).events.map(({ type }) => type)
const confirm = (id: string, asOf: string, token: string) =>
  service.api('POST', `/api/users/${id}/confirm`, { token, body: { asOf } })

describe('an administrator’s own request', () => {
  it('is not approved by an account that they made, until its person has a password of their own', async () => {
    const id = await submit(cast.ada.token)
    const refused = await approve(id, cast.grace.token)
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
    expect(refused.body.detail).toMatch(
      /^You cannot approve requests of Ada, who gave you this account \(UserRegistered, .* UTC\), .*made you manager of the pod \(PodManagerAssigned, .*\)\. Set a password of your own, or let another administrator confirm your account\.$/,
    )
    expect((await approve(id, cast.grace.token)).status).toBe(403)
    // Told once, however often it is tried.
    expect(await typesOf(id)).toEqual(['RequestSubmitted', 'ApprovalRefused'])

    const body = { currentPassword: password, newPassword: 'known to nobody but Grace' }
    expect((await service.api('POST', '/api/auth/password', { token: cast.grace.token, body })).status).toBe(
      200,
    )
    expect((await approve(id, cast.grace.token)).status).toBe(200)
  })

  it('is not approved by an account whose password they have reset', async () => {
    const id = await submit(cast.ada.token)
    const reset = { password: 'known to the administrator' }
    await service.api('PATCH', `/api/users/${cast.grace.id}`, { token: cast.ada.token, body: reset })
    const { body } = await service.api<Session>('POST', '/api/auth/login', {
      body: { email: 'grace@example.org', ...reset },
    })
    const refused = await approve(id, body.accessToken)
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      expect.stringMatching(
        /^You cannot approve requests of Ada, who set your password \(UserPasswordChanged, /,
      ),
    ])
    // What others submit is approved as before.
    expect((await approve(await submit(cast.dana.token), body.accessToken)).status).toBe(200)
  })

  it('is approved once another administrator has confirmed the account as it was seen', async () => {
    const bea = await newUser(service, cast.ada.token, 'Bea', 'ADMIN')
    const id = await submit(cast.ada.token)
    const before = String(await service.store.head())
    expect((await approve(id, cast.pavel.token)).status).toBe(403)
    expect((await confirm(cast.pavel.id, before, cast.ada.token)).status).toBe(200)
    expect((await approve(id, cast.pavel.token)).status).toBe(403)
    expect((await confirm(cast.pavel.id, '1', bea.token)).status).toBe(200)
    expect((await approve(id, cast.pavel.token)).status).toBe(403)
    expect((await confirm(cast.pavel.id, before, bea.token)).status).toBe(200)
    expect((await approve(id, cast.pavel.token)).status).toBe(200)
  })

  it.each([
    ['oneself', () => confirm(cast.ada.id, '1', cast.ada.token), 403],
    ['somebody unknown', () => confirm('00000000-0000-4000-8000-000000000000', '1', cast.ada.token), 404],
    ['as a developer', () => confirm(cast.grace.id, '1', cast.dana.token), 403],
    ['as a manager', () => confirm(cast.grace.id, '1', cast.otto.token), 403],
    ['without a position', () => confirm(cast.grace.id, '', cast.ada.token), 400],
  ])('is not helped by confirming %s', async (_name, ask, status) =>
    expect((await ask()).status).toBe(status),
  )
})

describe('a role that may never do it', () => {
  it.each(['approve', 'reject', 'settle'])('is told the same for every id: %s', async (action) => {
    const { token } = cast.dana
    const ids = [
      await submit(cast.grace.token),
      await submit(token),
      '00000000-0000-4000-8000-000000000000',
      'no-id',
    ]
    const answers = await Promise.all(
      ids.map((id) => service.api<Problem>('POST', `/api/requests/${id}/${action}`, { token, body: {} })),
    )
    const plain = answers.map(({ status, body }) => JSON.stringify([status, { ...body, requestId: '' }]))
    expect(new Set(plain).size).toBe(1)
    expect(answers[0]?.status).toBe(403)
  })

  it('is told the same of another pod’s request as of none', async () => {
    const id = await submit(cast.dana.token)
    const ask = async (one: string) => {
      const { status, body } = await approve(one, cast.otto.token)
      return [status, { ...body, requestId: '' }]
    }
    expect(await ask(id)).toEqual(await ask('00000000-0000-4000-8000-000000000000'))
  })
})
