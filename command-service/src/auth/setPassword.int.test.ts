import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Accepted, Session } from '@sre-portal/contracts'
import { loadUser } from '@sre-portal/platform/aggregates'
import { ensureFirstAdministrator } from '../bootstrap.ts'
import { newUser, password, startCommandService, type CommandService } from '../testing/commandService.ts'
import { preparePassword } from './credentials.ts'
import { createPasswords } from './passwords.ts'
import { dateStoredPasswords, settlePrepared } from './settlePassword.ts'

let service: CommandService
let admin: Client
let adminToken: string
beforeAll(async () => {
  service = await startCommandService()
  admin = new Client({ connectionString: service.adminUrl })
  await admin.connect()
  adminToken = (await service.signIn('ada@example.org')).accessToken
})
afterEach(() => admin.query('drop function if exists record.fail cascade'))
afterAll(async () => {
  await admin.end()
  await service.close()
})

const later = 'the later one of both passwords'
const refusedInWords = {
  status: 401,
  detail:
    'This password was replaced by a later one, which the portal has lost; neither opens the account. Ask an administrator to set a new one.',
}
const refused = { status: 401, detail: 'E-mail address or password is wrong.' }

/** From now on PostgreSQL fails where the portal writes this. */
const failAt = async (operation: string, table: string) => {
  await admin.query(
    `create function record.fail() returns trigger language plpgsql as $$ begin raise exception 'the disk is full' using errcode = 'disk_full'; end $$`,
  )
  await admin.query(
    `create trigger fail before ${operation} on record.${table} for each row execute function record.fail()`,
  )
}
const heal = () => admin.query('drop function record.fail cascade')

let nextAddress = 0
const login = async (email: string, text: string) => {
  const { status, body } = await service.api<Session & { detail: string }>('POST', '/api/auth/login', {
    body: { email, password: text },
    headers: { 'x-forwarded-for': `198.51.100.${(nextAddress = (nextAddress + 1) % 250)}` },
  })
  return status === 200 ? { status } : { status, detail: body.detail }
}
const isOpen = async (token: string) =>
  (await service.api('POST', '/api/requests', { token, body: {} })).status === 400
const send = (method: string, path: string, token: string, body: unknown, key: string) =>
  service.api<Accepted>(method, path, { token, body, headers: { 'idempotency-key': key } })
const typesOf = async (id: string) => (await loadUser(service.store, id)).events.map(({ type }) => type)
const preparedOf = async (id: string) =>
  (await service.pool.query('select from record.prepared_passwords where user_id = $1', [id])).rowCount
const anybody = () => newUser(service, adminToken, `P${randomUUID().slice(0, 8)}`, 'DEVELOPER')
type Person = Awaited<ReturnType<typeof anybody>>

const ways = {
  'one’s own change': (person: Person, key: string, token = person.token) =>
    send('POST', '/api/auth/password', token, { currentPassword: password, newPassword: later }, key),
  'a reset by an administrator': (person: Person, key: string) =>
    send('PATCH', `/api/users/${person.id}`, adminToken, { password: later, name: 'Renamed' }, key),
  'a reset with a reactivation': (person: Person, key: string) =>
    send('PATCH', `/api/users/${person.id}`, adminToken, { password: later, active: true }, key),
}
const everyWay = Object.entries(ways)
/** What is written once the event is appended. */
const writesAfter = [
  ['insert or update', 'user_credentials'],
  ['update', 'sessions'],
  ['delete', 'prepared_passwords'],
] as const

describe.each(everyWay)('%s', (way, change) => {
  /** With a second session that goes on. */
  const person = async () => {
    const one = await anybody()
    await service.signIn(one.email)
    if (way.endsWith('reactivation')) {
      await send('PATCH', `/api/users/${one.id}`, adminToken, { active: false }, randomUUID())
      await admin.query('update record.sessions set ended_at = null where user_id = $1', [one.id])
    }
    return one
  }

  it.each(writesAfter)(
    'holds from its event on, though PostgreSQL fails at the %s of %s',
    async (operation, table) => {
      const one = await person()
      await failAt(operation, table)
      expect((await change(one, randomUUID())).status).toBeGreaterThanOrEqual(500)
      expect((await typesOf(one.id)).filter((type) => type === 'UserPasswordChanged')).toHaveLength(1)
      // Nothing can be settled yet: nobody gets in, whatever they give.
      expect((await login(one.email, password)).status).toBeGreaterThanOrEqual(500)
      expect((await login(one.email, later)).status).toBeGreaterThanOrEqual(500)
      await heal()
      expect(await login(one.email, password)).toEqual(refused)
      expect(await login(one.email, later)).toEqual({ status: 200 })
      expect(await preparedOf(one.id)).toBe(0)
    },
  )

  it('changes nothing when it fails before its event, and is done by the retry', async () => {
    const one = await person()
    const before = await typesOf(one.id)
    await failAt('insert', 'prepared_passwords')
    const key = randomUUID()
    expect((await change(one, key)).status).toBeGreaterThanOrEqual(500)
    expect(await typesOf(one.id)).toEqual(before)
    await heal()
    expect((await change(one, key)).status).toBe(200)
    expect([await login(one.email, password), await login(one.email, later)]).toEqual([
      refused,
      { status: 200 },
    ])
  })

  it('answers the retry with the same key as if nothing had happened', async () => {
    const one = await person()
    const key = randomUUID()
    await failAt('insert or update', 'user_credentials')
    expect((await change(one, key)).status).toBeGreaterThanOrEqual(500)
    await heal()
    const again = await change(one, key)
    expect(again.status).toBe(200)
    expect((await change(one, key)).body).toEqual(again.body)
    expect((await typesOf(one.id)).filter((type) => type === 'UserPasswordChanged')).toHaveLength(1)
    expect([await login(one.email, password), await login(one.email, later)]).toEqual([
      refused,
      { status: 200 },
    ])
  })

  it('is stored within seconds, although nobody signs in and nobody tries again', async () => {
    const one = await person()
    await failAt('insert or update', 'user_credentials')
    expect((await change(one, randomUUID())).status).toBeGreaterThanOrEqual(500)
    await expect(settlePrepared(service.context)).rejects.toThrow('the disk is full')
    await heal()
    await settlePrepared(service.context)
    const { rows } = await service.pool.query<{ open: string }>(
      'select count(*) filter (where ended_at is null) as open from record.sessions where user_id = $1',
      [one.id],
    )
    expect(rows).toEqual([{ open: way === 'one’s own change' ? '1' : '0' }])
    expect([await preparedOf(one.id), await login(one.email, later)]).toEqual([0, { status: 200 }])
  })
})

it('the sessions of the old password end with its event, but the one that changed it', async () => {
  const one = await anybody()
  const other = (await service.signIn(one.email)).accessToken
  const third = (await service.signIn(one.email)).refreshToken
  await failAt('insert or update', 'user_credentials')
  expect((await ways['one’s own change'](one, randomUUID())).status).toBeGreaterThanOrEqual(500)
  await heal()
  const refreshed = await service.api('POST', '/api/auth/refresh', { body: { refreshToken: third } })
  expect(refreshed.status).toBe(401)
  expect([await isOpen(other), await isOpen(one.token)]).toEqual([false, true])
})

it('an old password that is prepared over and over never takes the place of a later one', async () => {
  const one = await anybody()
  const hash = await createPasswords(4).hash(one.id, 'one that was never set at all', '')
  await preparePassword(service.pool, one.id, randomUUID(), { hash, keptSessionId: null })
  await ways['a reset by an administrator'](one, randomUUID())
  await settlePrepared(service.context)
  expect(await login(one.email, 'one that was never set at all')).toEqual(refused)
  expect(await login(one.email, later)).toEqual({ status: 200 })
})

describe('a new account', () => {
  const register = (email: string, key: string) =>
    send('POST', '/api/users', adminToken, { email, name: 'New', role: 'DEVELOPER', password }, key)

  it('is opened by its password from its event on', async () => {
    const email = 'new1@example.org'
    await failAt('insert', 'user_credentials')
    expect((await register(email, randomUUID())).status).toBeGreaterThanOrEqual(500)
    await heal()
    expect(await login(email, 'any other password')).toEqual(refused)
    expect(await login(email, password)).toEqual({ status: 200 })
  })

  it('is made by the retry, once', async () => {
    const email = 'new2@example.org'
    const key = randomUUID()
    await failAt('insert', 'user_credentials')
    expect((await register(email, key)).status).toBeGreaterThanOrEqual(500)
    await heal()
    const { status, body } = await register(email, key)
    expect([status, await typesOf(body.id)]).toEqual([201, ['UserRegistered']])
    expect(await login(email, password)).toEqual({ status: 200 })
  })

  it('is not there when it failed before its event', async () => {
    const email = 'new3@example.org'
    await failAt('insert', 'prepared_passwords')
    expect((await register(email, randomUUID())).status).toBeGreaterThanOrEqual(500)
    await heal()
    expect(await login(email, password)).toEqual(refused)
    expect((await register(email, randomUUID())).status).toBe(201)
  })
})

describe('where the hash of the last password is lost', () => {
  /** As PostgreSQL restored from a copy of before tells it. */
  const restored = async () => {
    const one = await anybody()
    const { rows } = await admin.query<{ password_hash: string; revision: string }>(
      'select password_hash, revision from record.user_credentials where user_id = $1',
      [one.id],
    )
    expect((await ways['a reset by an administrator'](one, randomUUID())).status).toBe(200)
    await admin.query(
      'update record.user_credentials set password_hash = $2, revision = $3 where user_id = $1',
      [one.id, rows[0]?.password_hash, rows[0]?.revision],
    )
    await admin.query('update record.sessions set ended_at = null where user_id = $1', [one.id])
    return one
  }

  it('the one before is refused, in words that say what to do, and the events say it too', async () => {
    const one = await restored()
    expect(await login(one.email, password)).toEqual(refusedInWords)
    expect(await login(one.email, later)).toEqual(refused)
    expect(await login(one.email, 'never one of theirs')).toEqual(refused)
    const { events } = await service.store.readHistory(`access-${one.id}`)
    expect(events.slice(1).map(({ type, data }) => ({ type, data }))).toEqual(
      Array(3).fill({ type: 'LoginRefused', data: { reason: 'password-not-stored' } }),
    )
  })

  it('open sessions end', async () => {
    const one = await restored()
    expect(await isOpen(one.token)).toBe(false)
    const { refreshToken } = one.session
    expect((await service.api('POST', '/api/auth/refresh', { body: { refreshToken } })).status).toBe(401)
  })

  it('an administrator sets a new one, and that one opens it', async () => {
    const one = await restored()
    const body = { password: 'set anew after the loss' }
    expect((await send('PATCH', `/api/users/${one.id}`, adminToken, body, randomUUID())).status).toBe(200)
    expect(await login(one.email, password)).toEqual(refused)
    expect(await login(one.email, body.password)).toEqual({ status: 200 })
  })

  it('a deactivated account is told nothing', async () => {
    const one = await restored()
    await send('PATCH', `/api/users/${one.id}`, adminToken, { active: false }, randomUUID())
    expect(await login(one.email, password)).toEqual(refused)
  })

  it('the first administrator gets in by the configured password, which an event sets', async () => {
    const first = { email: 'first@example.org', name: 'First', password: 'configured for the first one' }
    const start = () => ensureFirstAdministrator(service.context, createPasswords(4), first)
    await start()
    const id = (await login(first.email, first.password)).status === 200 ? await idOf(first.email) : ''
    await admin.query('delete from record.user_credentials where user_id = $1', [id])
    expect(await login(first.email, first.password)).toEqual(refused)
    await Promise.all([start(), start()])
    expect(await login(first.email, first.password)).toEqual({ status: 200 })
    expect(await typesOf(id)).toEqual(['UserRegistered', 'UserPasswordChanged'])
    await start()
    expect(await typesOf(id)).toHaveLength(2)
  })
})

it('a log that was restored to an earlier state takes a new password', async () => {
  const one = await anybody()
  await admin.query('update record.user_credentials set revision = 2 where user_id = $1', [one.id])
  expect((await ways['a reset by an administrator'](one, randomUUID())).status).toBe(200)
  expect([await login(one.email, password), await login(one.email, later)]).toEqual([
    refused,
    { status: 200 },
  ])
})

it('what an earlier version stored without a revision is of the last event that there was at the update', async () => {
  const one = await anybody()
  await ways['a reset by an administrator'](one, randomUUID())
  await admin.query('update record.user_credentials set revision = -1 where user_id = $1', [one.id])
  await dateStoredPasswords(service.context)
  expect(await login(one.email, later)).toEqual({ status: 200 })
})

const idOf = async (email: string) => {
  const { rows } = await admin.query<{ user_id: string }>(
    'select user_id from record.user_credentials where email = $1',
    [email],
  )
  return rows[0]?.user_id ?? ''
}
