import { createHmac } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Session } from '@sre-portal/contracts'
import { signAccessToken } from '@sre-portal/platform/accessToken'
import { newUser, password, startCommandService, type CommandService } from '../testing/commandService.ts'

let service: CommandService
let adminToken: string
beforeAll(async () => {
  service = await startCommandService()
  adminToken = (await service.signIn('ada@example.org')).accessToken
})
afterAll(() => service.close())

const post = <T = { code: string; detail: string }>(
  path: string,
  body: unknown,
  token?: string,
  address = '203.0.113.1',
) => service.api<T>('POST', path, { body, ...(token && { token }), headers: { 'x-forwarded-for': address } })
const login = (email: string, text = password, address?: string) =>
  post<Session>('/api/auth/login', { email, password: text }, undefined, address)
const eventsOf = async (userId: string) =>
  (await service.store.readStream(`access-${userId}`)).map(({ type, data }) => ({ type, data }))

describe('signing in', () => {
  it('answers both tokens and the user, whatever the spelling of the address', async () => {
    const { status, body } = await login('  ADA@example.ORG ')
    expect(status).toBe(200)
    expect(body.user).toEqual({
      id: body.user.id,
      email: 'ada@example.org',
      name: 'Ada',
      role: 'ADMIN',
      managedPods: [],
    })
    const claims = jwt.decode(body.accessToken, { complete: true })
    const { iat = 0, exp = 0, iss, aud, sub, typ, jti } = claims?.payload as jwt.JwtPayload & { typ: string }
    expect(claims?.header.alg).toBe('HS256')
    expect({ seconds: exp - iat, iss, aud, sub, typ }).toEqual({
      seconds: 900,
      iss: 'sre-portal',
      aud: 'sre-portal-api',
      sub: body.user.id,
      typ: 'access',
    })
    expect(jti).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('answers a wrong password, an unknown address and a deactivated user alike', async () => {
    const gone = await newUser(service, adminToken, 'Gone', 'DEVELOPER')
    await service.api('PATCH', `/api/users/${gone.id}`, { token: adminToken, body: { active: false } })
    const answers = [
      await login('ada@example.org', 'wrong', '203.0.113.2'),
      await login('nobody@example.org', password, '203.0.113.2'),
      await login(gone.email, password, '203.0.113.2'),
    ]
    const plain = answers.map(({ status, body }) => ({ status, ...body, requestId: '' }))
    expect(plain[0]).toMatchObject({
      status: 401,
      code: 'unauthenticated',
      detail: 'E-mail address or password is wrong.',
    })
    expect(plain[1]).toEqual(plain[0])
    expect(plain[2]).toEqual(plain[0])
    const headers = answers.map((answer) => {
      const { date: _, 'x-request-id': __, etag: ___, ...others } = Object.fromEntries(answer.headers)
      return others
    })
    expect(headers[1]).toEqual(headers[0])
    expect(headers[2]).toEqual(headers[0])
    expect(await eventsOf(gone.id)).toContainEqual({ type: 'LoginRefused', data: { reason: 'deactivated' } })
  })

  it('reads the whole password, not its first 72 bytes', async () => {
    const user = await newUser(service, adminToken, 'Long', 'DEVELOPER')
    const long = 'é'.repeat(40)
    await service.api('PATCH', `/api/users/${user.id}`, { token: adminToken, body: { password: `${long}X` } })
    expect((await login(user.email, `${long}Y`, '203.0.113.3')).status).toBe(401)
    expect((await login(user.email, `${long}X`, '203.0.113.3')).status).toBe(200)
  })

  it('throttles an account after five refusals from anywhere, and forgets after a while', async () => {
    const user = await newUser(service, adminToken, 'Target', 'DEVELOPER')
    for (let attempt = 0; attempt < 5; attempt++)
      expect((await login(user.email, 'wrong', `203.0.113.${20 + attempt}`)).status).toBe(401)
    const sixth = await login(user.email, password, '203.0.113.40')
    expect(sixth.status).toBe(429)
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0)
    await service.pool.query('update record.login_attempts set expire = 0')
    expect((await login(user.email, password, '203.0.113.40')).status).toBe(200)
  })

  it('throttles an address that tries many accounts', async () => {
    const answers: number[] = []
    for (let account = 0; account < 31; account++)
      answers.push((await login(`spray${account}@example.org`, 'wrong', '203.0.113.99')).status)
    expect(answers.slice(0, 30)).toEqual(Array<number>(30).fill(401))
    expect(answers[30]).toBe(429)
    expect(await eventsOf('anonymous')).toContainEqual({
      type: 'LoginThrottled',
      data: { scope: 'address', retryAfterSeconds: expect.any(Number) as number },
    })
  })

  it.each([
    ['no password', { email: 'ada@example.org' }],
    ['no address', { password }],
    ['a password beyond a kilobyte', { email: 'ada@example.org', password: 'x'.repeat(2_000) }],
    ['a foreign field', { email: 'ada@example.org', password, role: 'ADMIN' }],
  ])('refuses %s as invalid', async (_name, body) =>
    expect((await post('/api/auth/login', body)).status).toBe(400),
  )
})

describe('the session', () => {
  it('that never was is ended at a pace, when that is asked for without end', async () => {
    const began = performance.now()
    for (let count = 0; count < 25; count++)
      expect(
        (await post('/api/auth/logout', { refreshToken: 'none' }, undefined, '203.0.113.88')).status,
      ).toBe(204)
    expect(performance.now() - began).toBeGreaterThan(950)
  })

  it('rotates: each refresh token works once, and a late copy ends the session', async () => {
    const user = await newUser(service, adminToken, 'Rota', 'DEVELOPER')
    const first = user.session.refreshToken
    const second = await post<Session>('/api/auth/refresh', { refreshToken: first })
    expect(second.status).toBe(200)
    expect(second.body.user.id).toBe(user.id)
    await service.pool.query(
      `update record.refresh_tokens set used_at = now() - interval '1 minute' where used_at is not null`,
    )
    expect((await post('/api/auth/refresh', { refreshToken: first })).status).toBe(401)
    expect((await post('/api/auth/refresh', { refreshToken: second.body.refreshToken })).status).toBe(401)
    expect((await eventsOf(user.id)).map(({ type }) => type)).toEqual(['UserLoggedIn', 'RefreshTokenReused'])
  })

  it('gives twenty simultaneous refreshes the same successor', async () => {
    const { session } = await newUser(service, adminToken, 'Many', 'DEVELOPER')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        post<Session>('/api/auth/refresh', { refreshToken: session.refreshToken }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200))
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1)
  })

  it.each([
    ['idle for a week', `issued_at = now() - interval '8 days'`],
    ['a month old', `started_at = now() - interval '31 days'`],
  ])('ends when it was %s', async (_name, change) => {
    const { session, id } = await newUser(service, adminToken, `Old${change.length}`, 'DEVELOPER')
    const table = change.startsWith('issued_at') ? 'refresh_tokens' : 'sessions'
    await service.pool.query(`update record.${table} set ${change} where user_id = $1`, [id])
    expect((await post('/api/auth/refresh', { refreshToken: session.refreshToken })).status).toBe(401)
  })

  it('answers a refresh whose answer was lost with the same successor, for ten seconds', async () => {
    const user = await newUser(service, adminToken, 'Lost', 'DEVELOPER')
    const refresh = (refreshToken: string) => post<Session>('/api/auth/refresh', { refreshToken })
    const first = await refresh(user.session.refreshToken)
    const again = await refresh(user.session.refreshToken)
    expect([first.status, again.status]).toEqual([200, 200])
    expect(again.body.refreshToken).toBe(first.body.refreshToken)
    expect((await refresh(first.body.refreshToken)).status).toBe(200)
    expect((await eventsOf(user.id)).map(({ type }) => type)).toEqual(['UserLoggedIn'])
    await service.pool.query(
      `update record.refresh_tokens set used_at = now() - interval '11 seconds' where user_id = $1 and used_at is not null`,
      [user.id],
    )
    expect((await refresh(user.session.refreshToken)).status).toBe(401)
    expect((await eventsOf(user.id)).map(({ type }) => type)).toEqual(['UserLoggedIn', 'RefreshTokenReused'])
  })

  it('is ended for its access token too: at logout, after a theft, at a new password, at deactivation', async () => {
    const attempt = async ({ accessToken }: Session) => (await post('/api/requests', {}, accessToken)).status
    const user = await newUser(service, adminToken, 'Access', 'DEVELOPER')
    expect(await attempt(user.session)).toBe(400)
    await post('/api/auth/logout', { refreshToken: user.session.refreshToken })
    expect(await attempt(user.session)).toBe(401)

    const stolen = await service.signIn(user.email)
    const other = await service.signIn(user.email)
    await post('/api/auth/refresh', { refreshToken: stolen.refreshToken })
    await service.pool.query(
      `update record.refresh_tokens set used_at = now() - interval '1 minute' where user_id = $1 and used_at is not null`,
      [user.id],
    )
    await post('/api/auth/refresh', { refreshToken: stolen.refreshToken })
    expect([await attempt(stolen), await attempt(other)]).toEqual([401, 400])

    const body = { password: 'set by an administrator' }
    await service.api('PATCH', `/api/users/${user.id}`, { token: adminToken, body })
    expect(await attempt(other)).toBe(401)
  })

  it('does not begin with a password that was changed while it was judged', async () => {
    const user = await newUser(service, adminToken, 'Overtaken', 'DEVELOPER')
    const holding = await service.pool.connect()
    try {
      // Whoever signs in rightly stops here, after the password was judged.
      await holding.query('begin')
      await holding.query('lock table record.known_addresses in share row exclusive mode')
      const entering = login(user.email, password, '203.0.113.150')
      const waiting = `select from pg_locks where relation = 'record.known_addresses'::regclass and not granted`
      await vi.waitFor(async () => expect((await holding.query(waiting)).rowCount).toBe(1), 10_000)
      const body = { password: 'set while somebody was entering' }
      const changed = await service.api('PATCH', `/api/users/${user.id}`, { token: adminToken, body })
      expect(changed.status).toBe(200)
      await holding.query('commit')
      const { status, body: answer } = await entering
      expect([status, answer.accessToken]).toEqual([401, undefined])
      expect((await login(user.email, body.password, '203.0.113.150')).status).toBe(200)
    } finally {
      await holding.query('rollback')
      holding.release()
    }
  })

  it('ends at logout, at deactivation and at a new password', async () => {
    const user = await newUser(service, adminToken, 'Ends', 'DEVELOPER')
    const refresh = async ({ refreshToken }: Session) =>
      (await post('/api/auth/refresh', { refreshToken })).status
    expect((await post('/api/auth/logout', { refreshToken: user.session.refreshToken })).status).toBe(204)
    expect(await refresh(user.session)).toBe(401)

    const kept = await service.signIn(user.email)
    const other = await service.signIn(user.email)
    const change = { currentPassword: password, newPassword: 'a new long enough password' }
    expect((await post('/api/auth/password', change, kept.accessToken)).status).toBe(200)
    expect(await refresh(other)).toBe(401)
    expect(await refresh(kept)).toBe(200)

    const last = (await login(user.email, change.newPassword)).body
    await service.api('PATCH', `/api/users/${user.id}`, { token: adminToken, body: { active: false } })
    expect(await refresh(last)).toBe(401)
    expect((await post('/api/requests', {}, last.accessToken)).status).toBe(401)
  })

  it('is ended from another one by its person, and by administrators; by nobody else', async () => {
    const sidOf = ({ accessToken }: Session) => (jwt.decode(accessToken) as { sid: string }).sid
    const isOpen = async ({ accessToken }: Session) =>
      (await post('/api/requests', {}, accessToken)).status === 400
    const end = async (id: string, token?: string) =>
      (await post(`/api/auth/sessions/${id}/end`, {}, token)).status
    const owner = await newUser(service, adminToken, 'Owner', 'DEVELOPER')
    const other = await newUser(service, adminToken, 'Stranger', 'MANAGER')
    const [laptop, phone] = [owner.session, await service.signIn(owner.email)]
    expect([await end(sidOf(phone)), await end(sidOf(phone), other.token)]).toEqual([401, 404])
    expect([await isOpen(laptop), await isOpen(phone)]).toEqual([true, true])

    expect(await end(sidOf(phone), laptop.accessToken)).toBe(204)
    expect([await isOpen(laptop), await isOpen(phone)]).toEqual([true, false])
    expect((await post('/api/auth/refresh', { refreshToken: phone.refreshToken })).status).toBe(401)
    expect(await end(sidOf(phone), laptop.accessToken)).toBe(404)

    expect(await end(sidOf(laptop), adminToken)).toBe(204)
    expect(await isOpen(laptop)).toBe(false)
    expect((await eventsOf(owner.id)).filter(({ type }) => type === 'SessionEnded')).toEqual(
      [phone, laptop].map((session) => ({
        type: 'SessionEnded',
        data: { userId: owner.id, sessionId: sidOf(session) },
      })),
    )
  })

  it('keeps only digests in the database', async () => {
    const { session } = await newUser(service, adminToken, 'Dump', 'DEVELOPER')
    const { rows } = await service.pool.query<{ all: string }>(
      `select (select string_agg(t::text, '') from record.refresh_tokens t) || (select string_agg(c::text, '') from record.user_credentials c) as all`,
    )
    expect(rows[0]?.all).toContain('$2b$')
    expect(rows[0]?.all).not.toContain(session.refreshToken)
    expect(rows[0]?.all).not.toContain(password)
  })
})

describe('access tokens', () => {
  const call = (token: string) => post('/api/users', {}, token)
  const sign = (claims: object, options: jwt.SignOptions, secret = service.context.jwtSecret) =>
    jwt.sign({ typ: 'access', sid: 's', ...claims }, secret, {
      algorithm: 'HS256',
      issuer: 'sre-portal',
      audience: 'sre-portal-api',
      subject: 'u',
      expiresIn: 900,
      ...options,
    })

  /** A token whose header says how it is to be believed, signed by somebody else's key. */
  const withHeader = (header: object, signature: (signed: string) => string) => {
    const claims = jwt.decode(sign({}, {}))
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    return `${signed.join('.')}.${signature(signed.join('.'))}`
  }
  const withoutEnd = () => {
    const { exp: _, ...claims } = jwt.decode(sign({}, {})) as jwt.JwtPayload
    return claims
  }
  const theirKey = { kty: 'oct', k: Buffer.from('theirs').toString('base64url') }
  const theirs = (signed: string) => createHmac('sha256', 'theirs').update(signed).digest('base64url')

  it('are refused when they expired, by a code of its own', async () => {
    for (const expiresIn of [-10, -6]) {
      const { status, body } = await call(sign({}, { expiresIn }))
      expect([status, body.code]).toEqual([401, 'token_expired'])
    }
  })

  it('say nothing about rights: a role within one is not believed', async () => {
    const { id, session } = await newUser(service, adminToken, 'Forger', 'DEVELOPER')
    const { sid } = jwt.decode(session.accessToken) as { sid: string }
    const forged = sign({ sid, role: 'ADMIN' }, { subject: id })
    expect((await post('/api/requests', {}, forged)).status).toBe(400)
    expect((await call(forged)).status).toBe(403)
  })

  it('are no refresh tokens', async () =>
    expect((await post('/api/auth/refresh', { refreshToken: adminToken })).status).toBe(401))

  it.each([
    ['another issuer', () => sign({}, { issuer: 'other' })],
    ['another audience', () => sign({}, { audience: 'other' })],
    ['another kind', () => sign({ typ: 'refresh' }, {})],
    ['another key', () => sign({}, {}, 'x'.repeat(32))],
    ['no signature', () => jwt.sign({ typ: 'access', sub: 'u' }, '', { algorithm: 'none' })],
    ['no signature and "None"', () => withHeader({ alg: 'None', typ: 'JWT' }, () => '')],
    ['an empty signature', () => sign({}, {}).replace(/[^.]+$/, '')],
    ['another algorithm of the same key', () => sign({}, { algorithm: 'HS512' })],
    ['a key of its own in the header', () => withHeader({ alg: 'HS256', jwk: theirKey }, theirs)],
    [
      'the address of a key in the header',
      () => withHeader({ alg: 'HS256', jku: 'https://evil.test' }, theirs),
    ],
    ['the name of a key in the header', () => withHeader({ alg: 'HS256', kid: '/dev/null' }, theirs)],
    ['no end', () => jwt.sign(withoutEnd(), service.context.jwtSecret)],
    ['a time to come', () => sign({}, { notBefore: 60 })],
    [
      'a user that nobody knows',
      () => signAccessToken(service.context.jwtSecret, { userId: 'nobody', sessionId: 's' }, 'j'),
    ],
    ['a refresh token', () => 'AAAA'],
  ])('are refused with %s', async (_name, token) => {
    const { status, body } = await call(token())
    expect([status, body.code]).toEqual([401, 'unauthenticated'])
  })

  it.each(['/API/pods', '/Api/instances', '/aPI/REQUESTS'])(
    'are asked for however a path is written: %s',
    async (path) => expect((await post(path, {})).status).toBe(401),
  )

  it('are not read from the URL', async () =>
    expect((await service.api('POST', `/api/users?token=${adminToken}`, { body: {} })).status).toBe(401))
})

it('refuses demonstration accounts outside the demonstration', async () => {
  const demo = await startCommandService({ demo: true })
  try {
    const { accessToken } = await demo.signIn('ada@example.org')
    const body = { email: 'dev@demo.example', name: 'Dev', role: 'DEVELOPER', password }
    expect((await demo.api('POST', '/api/users', { token: accessToken, body })).status).toBe(201)
    const { accessToken: devToken } = await demo.signIn('dev@demo.example')
    demo.context.demo = false
    const credentials = { email: 'dev@demo.example', password }
    expect((await demo.api('POST', '/api/auth/login', { body: credentials })).status).toBe(401)
    expect((await demo.api('POST', '/api/requests', { token: devToken, body: {} })).status).toBe(401)
    const second = { ...body, email: 'two@demo.example' }
    expect((await demo.api('POST', '/api/users', { token: accessToken, body: second })).status).toBe(422)
  } finally {
    await demo.close()
  }
})
