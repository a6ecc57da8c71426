import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accepted } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadInstance, loadPod, loadRequest, loadUser } from '@sre-portal/platform/aggregates'
import {
  newCast,
  newUser,
  password,
  queryBody,
  type signIn,
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

const send = (method: string, path: string, body: unknown, key: string, token = cast.ada.token) =>
  service.api<Accepted & { detail: string; code: string }>(method, path, {
    token,
    body,
    headers: { 'idempotency-key': key },
  })
const contentHash = contentHashOf('select count(*) from orders')
const reused = { status: 422, code: 'unprocessable' }
const answerOf = ({ status, body }: Awaited<ReturnType<typeof send>>) => ({ status, code: body.code })
const submit = async (key: string, change: object = {}) =>
  send('POST', '/api/requests', queryBody(cast, { ...change }), key, cast.dana.token)
const typesOf = async (id: string) => (await loadRequest(service.store, id)).events.map(({ type }) => type)

describe('an Idempotency-Key', () => {
  it('is refused with another body', async () => {
    const key = randomUUID()
    const first = await submit(key)
    expect(first.status).toBe(201)
    const second = await submit(key, { content: 'delete from orders' })
    expect(answerOf(second)).toEqual(reused)
    expect(second.body.detail).toContain('was used for another command (POST /api/requests)')
    expect(await typesOf(first.body.id)).toEqual(['RequestSubmitted'])
    expect((await submit(key)).body).toEqual(first.body)
  })

  it('is refused with another script under the same fields', async () => {
    const key = randomUUID()
    const upload = (text: string) => {
      const form = new FormData()
      const { content: _content, ...fields } = queryBody(cast, { kind: 'script' })
      for (const [name, value] of Object.entries(fields)) form.set(name, String(value))
      form.set('script', new Blob([text], { type: 'text/javascript' }), 'report.js')
      return send('POST', '/api/requests', form, key, cast.dana.token)
    }
    expect((await upload('return 1')).status).toBe(201)
    expect(answerOf(await upload('return 2'))).toEqual(reused)
    expect((await upload('return 1')).status).toBe(201)
  })

  it('is refused for another action on the same request: a rejection is never answered as done', async () => {
    const key = randomUUID()
    const { body } = await submit(randomUUID())
    const path = `/api/requests/${body.id}`
    expect((await send('POST', `${path}/approve`, { contentHash }, key, cast.grace.token)).status).toBe(200)
    const reason = 'Not in business hours.'
    expect(answerOf(await send('POST', `${path}/reject`, { reason }, key, cast.grace.token))).toEqual(reused)
    expect(answerOf(await send('POST', `${path}/cancel`, {}, key, cast.grace.token))).toEqual(reused)
    expect(await typesOf(body.id)).toEqual(['RequestSubmitted', 'RequestApproved'])
  })

  it('is refused on another object and another route', async () => {
    const key = randomUUID()
    const [one, other] = [await submit(randomUUID()), await submit(randomUUID())]
    const approve = (id: string) =>
      send('POST', `/api/requests/${id}/approve`, { contentHash }, key, cast.grace.token)
    expect((await approve(one.body.id)).status).toBe(200)
    expect(answerOf(await approve(other.body.id))).toEqual(reused)
    expect(answerOf(await send('POST', '/api/requests', queryBody(cast), key, cast.grace.token))).toEqual(
      reused,
    )
    expect(await typesOf(other.body.id)).toEqual(['RequestSubmitted'])
    expect((await approve(one.body.id)).status).toBe(200)
  })

  it('is free for others: it belongs to its person', async () => {
    const key = randomUUID()
    expect((await submit(key)).status).toBe(201)
    expect((await send('POST', '/api/requests', queryBody(cast), key, cast.grace.token)).status).toBe(201)
  })

  it('is not used up by what was refused', async () => {
    const key = randomUUID()
    expect((await submit(key, { database: 'nowhere' })).status).toBe(422)
    expect((await submit(key)).status).toBe(201)
  })

  it('creates once when the same is sent at once', async () => {
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 6 }, () => submit(key)))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    expect(await typesOf(answers[0]?.body.id ?? '')).toEqual(['RequestSubmitted'])
  })

  it('leaves no plain digest of a password in the events', async () => {
    const email = 'digest@example.org'
    const { body } = await send(
      'POST',
      '/api/users',
      { email, name: 'Digest', role: 'DEVELOPER', password },
      randomUUID(),
    )
    const { events } = await loadUser(service.store, body.id)
    const { command } = events[0]?.metadata ?? {}
    expect(command).toMatchObject({ method: 'POST', path: '/api/users' })
    const plain = contentHashOf(
      JSON.stringify([{ email, name: 'Digest', role: 'DEVELOPER', password }, null]),
    )
    expect(command?.bodyDigest).toMatch(/^[0-9a-f]{64}$/)
    expect(command?.bodyDigest).not.toBe(plain)
  })
})

describe('what a command does beside its event', () => {
  it('changes no password when its key was used for another one, and none without an event', async () => {
    const user = await newUser(service, cast.ada.token, 'Keyed', 'DEVELOPER')
    const key = randomUUID()
    const set = (text: string) => send('PATCH', `/api/users/${user.id}`, { password: text }, key)
    const login = async (text: string) =>
      (await service.api('POST', '/api/auth/login', { body: { email: user.email, password: text } })).status
    expect((await set('a first new password')).status).toBe(200)
    expect(answerOf(await set('a second new password'))).toEqual(reused)
    expect([await login('a first new password'), await login('a second new password')]).toEqual([200, 401])
    expect((await loadUser(service.store, user.id)).events.map(({ type }) => type)).toEqual([
      'UserRegistered',
      'UserPasswordChanged',
    ])
  })

  it('does not come back when an old command is sent again', async () => {
    const user = await newUser(service, cast.ada.token, 'Again', 'DEVELOPER')
    const [first, second] = [randomUUID(), randomUUID()]
    const set = (text: string, key: string) => send('PATCH', `/api/users/${user.id}`, { password: text }, key)
    await set('the older new password', first)
    await set('the newer new password', second)
    const session = await signInAs(user.email, 'the newer new password')
    expect((await set('the older new password', first)).status).toBe(200)
    const login = { email: user.email, password: 'the older new password' }
    expect((await service.api('POST', '/api/auth/login', { body: login })).status).toBe(401)
    expect(
      (await service.api('POST', '/api/requests', { token: session.accessToken, body: {} })).status,
    ).toBe(400)
  })

  it('is completed by sending it again when the service died in between', async () => {
    const user = await newUser(service, cast.ada.token, 'Crash', 'DEVELOPER')
    const { rows } = await service.pool.query('select * from record.user_credentials where user_id = $1', [
      user.id,
    ])
    const key = randomUUID()
    const change = () => send('PATCH', `/api/users/${user.id}`, { password: 'after the crash it holds' }, key)
    expect((await change()).status).toBe(200)
    // As if it had died after the event: the row is what it was.
    const before = rows[0] as { password_hash: string; revision: string }
    await service.pool.query(
      'update record.user_credentials set password_hash = $2, revision = $3 where user_id = $1',
      [user.id, before.password_hash, before.revision],
    )
    expect((await change()).status).toBe(200)
    expect((await signInAs(user.email, 'after the crash it holds')).user.id).toBe(user.id)
  })

  it('answers a change of one’s own password again, although the current one no longer is', async () => {
    const user = await newUser(service, cast.ada.token, 'Own', 'DEVELOPER')
    const key = randomUUID()
    const body = { currentPassword: password, newPassword: 'one that is my own now' }
    const change = () => send('POST', '/api/auth/password', body, key, user.token)
    const first = await change()
    expect(first.status).toBe(200)
    expect((await change()).body).toEqual(first.body)
  })
})

describe('an earlier answer', () => {
  it('is not given again to somebody who has lost the right', async () => {
    const { body } = await submit(randomUUID())
    const key = randomUUID()
    const approve = () =>
      send('POST', `/api/requests/${body.id}/approve`, { contentHash }, key, cast.pavel.token)
    expect((await approve()).status).toBe(200)
    await send('PATCH', '/api/pods/payments', { deputyIds: [] }, randomUUID())
    expect((await approve()).status).toBe(404)
    await send('PATCH', '/api/pods/payments', { deputyIds: [cast.pavel.id] }, randomUUID())
    expect((await approve()).status).toBe(200)
    expect((await loadPod(service.store, 'payments')).state?.deputyIds).toEqual([cast.pavel.id])
  })

  it('of a log without fingerprints is given as it was then', async () => {
    const key = randomUUID()
    const { body } = await submit(key)
    const { events } = await loadRequest(service.store, body.id)
    expect(events[0]?.metadata.command).toBeDefined()
    await service.pool.query('delete from record.idempotency_keys where key = $1', [key])
    expect(answerOf(await submit(key, { comment: 'Another reason.' }))).toEqual(reused)
  })
})

describe('the password of an instance', () => {
  const sealedOf = async (id: string) => {
    const client = new Client({ connectionString: service.adminUrl })
    await client.connect()
    try {
      const { rows } = await client.query<{ ciphertext: string; revision: string }>(
        'select ciphertext, revision from record.target_credentials where instance_id = $1',
        [id],
      )
      return rows
    } finally {
      await client.end()
    }
  }
  const change = (body: object, key = randomUUID()) =>
    send('PATCH', `/api/instances/${cast.instanceId}`, body, key)

  it('is typed again for a new place, and the stored one is gone then', async () => {
    const before = await sealedOf(cast.instanceId)
    const endpoint = { kind: 'host', host: '127.0.0.1', port: 6432, tls: false }
    const refused = await service.api('PATCH', `/api/instances/${cast.instanceId}`, {
      token: cast.ada.token,
      body: { endpoint },
    })
    expect([refused.status, refused.body.faults]).toEqual([
      422,
      [{ path: 'password', message: 'Type the password again.' }],
    ])
    expect(await sealedOf(cast.instanceId)).toEqual(before)
    expect((await loadInstance(service.store, cast.instanceId)).state?.endpoint).toMatchObject({ port: 5432 })
    const { status, body } = await change({ endpoint, password: 'for the new place' })
    expect(status).toBe(200)
    const after = await sealedOf(cast.instanceId)
    expect(after).toHaveLength(1)
    expect(after[0]?.ciphertext).not.toBe(before[0]?.ciphertext)
    expect(after[0]?.revision).toBe(String(body.revision))
  })

  it('is not replaced by a key that was used for another', async () => {
    const key = randomUUID()
    expect((await change({ password: 'first' }, key)).status).toBe(200)
    const kept = await sealedOf(cast.instanceId)
    expect(answerOf(await change({ password: 'second' }, key))).toEqual(reused)
    expect(await sealedOf(cast.instanceId)).toEqual(kept)
    expect((await change({ password: 'first' }, key)).status).toBe(200)
    expect(await sealedOf(cast.instanceId)).toEqual(kept)
  })

  it('is forgotten with its instance', async () => {
    expect((await change({ retired: true })).status).toBe(200)
    expect(await sealedOf(cast.instanceId)).toEqual([])
  })
})

const signInAs = async (email: string, text: string) => {
  const { body, status } = await service.api<Awaited<ReturnType<typeof signIn>>>('POST', '/api/auth/login', {
    body: { email, password: text },
  })
  expect(status).toBe(200)
  return body
}
