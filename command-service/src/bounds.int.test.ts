import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accepted, Problem } from '@sre-portal/contracts'
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
  service = await startCommandService({
    bounds: { pendingRequests: 5, submissionsAMinute: 12, instanceTestsAMinute: 3 },
    share: {
      atOnce: 20,
      aSecond: 1_000,
      burst: 1_000,
      waiting: 0,
      longestWaitMs: 0,
      refusedBodiesAMinute: 30,
    },
  })
  cast = await newCast(service)
})
afterAll(() => service.close())

const submit = (token: string) =>
  service.api<Accepted & Problem>('POST', '/api/requests', { token, body: queryBody(cast) })
const counted = (answers: { status: number }[]) =>
  Object.fromEntries(
    [...new Set(answers.map(({ status }) => status))].map((status) => [
      status,
      answers.filter((answer) => answer.status === status).length,
    ]),
  )

describe('one person', () => {
  it('has so many requests pending, however many are sent at once, and more after a decision', async () => {
    const answers = await Promise.all(Array.from({ length: 9 }, () => submit(cast.dana.token)))
    expect(counted(answers)).toEqual({ 201: 5, 429: 4 })
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.body.detail).toContain('You have 5 requests that wait for a decision')
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    const first = answers.find(({ status }) => status === 201)?.body.id ?? ''
    await service.api('POST', `/api/requests/${first}/withdraw`, { token: cast.dana.token, body: {} })
    expect(counted([await submit(cast.dana.token), await submit(cast.dana.token)])).toEqual({
      201: 1,
      429: 1,
    })
    // Others are not counted with them.
    expect((await submit(cast.grace.token)).status).toBe(201)
  })

  it('does not lose a place to a row that a dead service has left', async () => {
    const kim = await newUser(service, cast.ada.token, 'Kim', 'DEVELOPER')
    await service.pool.query(
      `insert into record.pending_requests (request_id, user_id, submitted_at)
       select gen_random_uuid(), $1, now() - interval '2 minutes' from generate_series(1, 5)`,
      [kim.id],
    )
    expect((await submit(kim.token)).status).toBe(201)
  })

  it('submits so often in a minute, whatever becomes of it', async () => {
    const { token } = cast.pavel
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => service.api('POST', '/api/requests', { token, body: {} })),
    )
    expect(counted(answers)).toEqual({ 400: 12, 429: 3 })
  })

  it('who has submitted that often is refused before the body has come', async () => {
    const { id, token } = await newUser(service, cast.ada.token, 'Rita', 'DEVELOPER')
    for (let count = 0; count < 13; count++) await service.api('POST', '/api/requests', { token, body: {} })
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
    // Told from memory: neither the session nor the person is asked about, so it is the same after the session has ended.
    await service.pool.query('update record.sessions set ended_at = now() where user_id = $1', [id])
    socket.write(
      `POST /api/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n{"a":',
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 429 [^]*Connection: close/i)
    socket.destroy()
  })

  it('sends so many refused bodies in a minute, wherever to', async () => {
    const { token } = await newUser(service, cast.ada.token, 'Fay', 'DEVELOPER')
    const path = `/api/requests/${crypto.randomUUID()}/withdraw`
    const send = () => service.api('POST', path, { token, body: '[[' })
    for (let count = 0; count < 30; count++) expect((await send()).status).toBe(400)
    const refused = await send()
    expect([refused.status, refused.body.detail]).toEqual([
      429,
      expect.stringContaining('30 bodies within a minute'),
    ])
    expect((await service.api('POST', path, { token: cast.grace.token, body: '[[' })).status).toBe(400)
  })

  it('has so many commands under way at once', async () => {
    const { token } = await newUser(service, cast.ada.token, 'Hal', 'DEVELOPER')
    const path = `/api/requests/${crypto.randomUUID()}/withdraw`
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => service.api('POST', path, { token, body: {} })),
    )
    const { 404: asked = 0, 429: refused = 0 } = counted(answers)
    expect([asked >= 20, refused > 0, asked + refused]).toEqual([true, true, 100])
  })

  it('tests instances so often in a minute', async () => {
    const test = () =>
      service.api('POST', `/api/instances/${cast.instanceId}/test`, { token: cast.ada.token, body: {} })
    const answers = await Promise.all(Array.from({ length: 5 }, test))
    expect(counted(answers)).toEqual({ 202: 3, 429: 2 })
    const other = await newUser(service, cast.ada.token, 'Other', 'ADMIN')
    const path = `/api/instances/${cast.instanceId}/test`
    expect((await service.api('POST', path, { token: other.token, body: {} })).status).toBe(202)
  })
})

describe('a body that would keep everybody waiting', () => {
  const nested = '['.repeat(500_000) + ']'.repeat(500_000)
  it.each([
    ['brackets without end', nested, 'At byte 33 the body is nested deeper than 32 levels'],
    ['a query of brackets', `{"kind":"query","content":${nested}}`, 'nested deeper than 32 levels'],
    ['objects without end', '{"a":'.repeat(150_000), 'nested deeper than 32 levels'],
    [
      'sixty thousand keys',
      `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":1`).join(',')}}`,
      'made of more than 1000 values',
    ],
  ])('is refused with its place: %s', async (_name, body, words) => {
    const answer = await service.api('POST', '/api/requests', { token: cast.grace.token, body })
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(words)])
  })

  it('is refused for its size where no text is submitted', async () => {
    const body = { reason: 'x'.repeat(17_000) }
    const path = `/api/requests/${crypto.randomUUID()}/reject`
    expect((await service.api('POST', path, { token: cast.grace.token, body })).status).toBe(413)
  })
})

describe('guesses at a password', () => {
  const login = (email: string, text: string, address: string) =>
    service.api('POST', '/api/auth/login', {
      body: { email, password: text },
      headers: { 'x-forwarded-for': address },
    })

  it('are counted before they are judged: of a hundred at once five are', async () => {
    const user = await newUser(service, cast.ada.token, 'Guessed', 'DEVELOPER')
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => login(user.email, `guess ${index}`, `203.0.113.${index}`)),
    )
    expect(counted(answers)[401] ?? 0).toBeLessThanOrEqual(5)
    const events = await service.store.readStream(`access-${user.id}`)
    expect(events.filter(({ type }) => type === 'LoginRefused').length).toBeLessThanOrEqual(5)
    expect(events.filter(({ type }) => type === 'LoginThrottled').map(({ data }) => data)).toEqual([
      { scope: 'account', retryAfterSeconds: expect.any(Number) as number },
    ])
  })

  it('do not lock a person out of the place that they have signed in from before', async () => {
    const user = await newUser(service, cast.ada.token, 'Desk', 'DEVELOPER')
    expect((await login(user.email, password, '198.51.100.7')).status).toBe(200)
    for (let guess = 0; guess < 5; guess++)
      expect((await login(user.email, 'wrong guess', `203.0.113.${200 + guess}`)).status).toBe(401)
    expect((await login(user.email, password, '203.0.113.250')).status).toBe(429)
    expect((await login(user.email, password, '198.51.100.7')).status).toBe(200)
    // At the known place guesses are counted too.
    for (let guess = 0; guess < 5; guess++)
      expect((await login(user.email, 'wrong guess', '198.51.100.7')).status).toBe(401)
    expect((await login(user.email, password, '198.51.100.7')).status).toBe(429)
  })

  describe('from an address of many', () => {
    const office = '198.51.100.20'
    const people = (...names: string[]) =>
      Promise.all(names.map((name) => newUser(service, cast.ada.token, name, 'DEVELOPER')))
    const statusOf = async (email: string, text = password, address = office) =>
      (await login(email, text, address)).status
    const guess = async (email: string, count: number, address = office) =>
      counted(
        await Promise.all(
          Array.from({ length: count }, (_, index) => login(email, `guess ${index}`, address)),
        ),
      )

    it.each([
      ['that has never been there', 60, false],
      ['that has never been there', 100, false],
      ['that has been there', 60, true],
      ['that has been there', 100, true],
    ])('at an account %s, %i of them, take nothing from others who have', async (_name, count, isKnown) => {
      const address = `198.51.100.${count + (isKnown ? 1 : 0)}`
      const [guessed, colleague, other] = await people(
        ...['Guessed', 'Colleague', 'Other'].map((name) => `${name}${count}${isKnown}`),
      )
      if (!guessed || !colleague || !other) throw new Error('nobody was made')
      for (const one of [colleague, other, ...(isKnown ? [guessed] : [])])
        expect(await statusOf(one.email, password, address)).toBe(200)
      const guessing = guess(guessed.email, count, address)
      expect(await statusOf(colleague.email, password, address)).toBe(200)
      expect((await guessing)[401] ?? 0).toBeLessThanOrEqual(5)
      for (const one of [colleague, other, colleague])
        expect(await statusOf(one.email, password, address)).toBe(200)
      expect(await statusOf(guessed.email, password, address)).toBe(429)
      // Their own attempts there are counted, and nobody else’s with them.
      expect(await guess(colleague.email, 12, address)).toEqual({ 401: 5, 429: 7 })
      expect(await statusOf(colleague.email, password, address)).toBe(429)
      expect(await statusOf(other.email, password, address)).toBe(200)
    })

    it('are counted for those who have never been there', async () => {
      const [known, stranger] = await people('Familiar', 'Visitor')
      if (!known || !stranger) throw new Error('nobody was made')
      expect(await statusOf(known.email)).toBe(200)
      for (let n = 0; n < 31; n++) await login(`nobody-${n}@example.org`, 'wrong guess', office)
      expect(await statusOf(stranger.email)).toBe(429)
      expect(await statusOf(known.email)).toBe(200)
      expect(await statusOf(known.email, 'mistyped')).toBe(401)
      // Somebody else’s desk is not theirs.
      expect(await statusOf(known.email, password, '198.51.100.21')).toBe(200)
      expect(await statusOf(stranger.email, password, '198.51.100.21')).toBe(200)
    })

    it('that are wrong at known accounts count there for strangers, each up to its own limit', async () => {
      const address = '198.51.100.22'
      const known = await people('One', 'Two', 'Three', 'Four', 'Five', 'Six')
      const [stranger] = await people('Seventh')
      for (const one of known) expect(await statusOf(one.email, password, address)).toBe(200)
      for (const one of known) expect(await guess(one.email, 9, address)).toEqual({ 401: 5, 429: 4 })
      expect(await statusOf(stranger?.email ?? '', password, address)).toBe(429)
    })
  })
})

it('reads notifications up to the newest event and no further', async () => {
  const upTo = '9223372036854775807'
  const read = { token: cast.otto.token, body: { upTo } }
  expect((await service.api('POST', '/api/notifications/read', read)).status).toBe(204)
  const { rows } = await service.pool.query<{ read_up_to: string }>(
    'select read_up_to from record.notification_reads where user_id = $1',
    [cast.otto.id],
  )
  expect(BigInt(rows[0]?.read_up_to ?? upTo)).toBeLessThanOrEqual(await service.store.head())
})
