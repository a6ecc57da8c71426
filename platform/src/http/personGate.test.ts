import { once } from 'node:events'
import { connect } from 'node:net'
import type { RequestHandler } from 'express'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { signAccessToken } from '../accessToken.ts'
import { createLog } from '../log.ts'
import { createApp } from './app.ts'
import { listen, type Listening } from './listen.ts'
import { gateEachPerson, leaveGate, usualShare, whoAsksApi, type PersonShare } from './personGate.ts'

const secret = 'a secret of the tests that is long enough'
const token = (userId: string) => signAccessToken(secret, { userId, sessionId: 's' }, 't')
const share: PersonShare = { ...usualShare, atOnce: 2, waiting: 3, refusedBodiesAMinute: 4 }

let listening: Listening
let asked: number
/** Lets one answer go that a route holds back. */
let held: (() => void)[]
beforeEach(() => {
  asked = 0
  held = []
})
afterEach(() => listening.close())

async function start(change: Partial<PersonShare> = {}) {
  const hold: RequestHandler = async (_request, response) => {
    asked += 1
    await new Promise<void>((resolve) => held.push(resolve))
    response.json({ done: true })
  }
  const app = createApp(
    {
      log: createLog('test', 'silent'),
      trustedProxyHops: 0,
      maxBodyBytes: 100,
      personOf: whoAsksApi(secret),
      beforeBodies: [gateEachPerson(secret, { ...share, ...change })],
      ready: async () => ({ ready: true, reasons: [] }),
    },
    (routes) => {
      routes.get('/api/held', hold)
      routes.get('/api/quick', (_request, response) => void response.json({}))
      routes.post('/api/echo', (request, response) => void response.json(request.body))
      routes.get('/api/stream', (_request, response) => {
        leaveGate(response)
        response.flushHeaders()
      })
    },
  )
  listening = await listen(app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
}

const get = (path: string, person = 'dana', init: RequestInit = {}) =>
  fetch(`${listening.url}${path}`, { ...init, headers: { authorization: `Bearer ${token(person)}` } })
const post = (body: string, person = 'dana') =>
  fetch(`${listening.url}/api/echo`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${token(person)}`, 'content-type': 'application/json' },
  })
const letGo = () => held.splice(0).forEach((go) => go())
const reached = (count: number) => vi.waitFor(() => expect(asked).toBe(count), 10_000)

describe('one person', () => {
  it('has so many requests under way, some behind them, and the rest refused at once', async () => {
    await start()
    const all = Array.from({ length: 12 }, () => get('/api/held'))
    const refused: Response[] = []
    for (const one of all) void one.then((answer) => answer.status === 429 && refused.push(answer))
    await vi.waitFor(() => expect(refused).toHaveLength(7), 10_000)
    expect(asked).toBe(2)
    expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(Array(7).fill('1'))
    expect(await refused[0]?.json()).toMatchObject({
      code: 'throttled',
      detail: expect.stringContaining('nothing was done') as string,
    })
    letGo()
    await reached(4)
    letGo()
    await reached(5)
    letGo()
    const statuses = (await Promise.all(all)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(5)
    expect((await get('/api/quick')).status).toBe(200)
  })

  it('takes nothing from another, nor from who has no token', async () => {
    await start({ waiting: 0 })
    const own = [get('/api/held'), get('/api/held')]
    await reached(2)
    expect((await get('/api/quick')).status).toBe(429)
    expect((await get('/api/quick', 'omar')).status).toBe(200)
    expect((await fetch(`${listening.url}/api/quick`)).status).toBe(200)
    expect((await fetch(`${listening.url}/livez`)).status).toBe(200)
    letGo()
    await Promise.all(own)
  })

  it('is the same one however the letters of the path are written', async () => {
    await start({ waiting: 0 })
    const own = [get('/API/held'), get('/Api/held')]
    await reached(2)
    expect((await get('/aPI/quick')).status).toBe(429)
    letGo()
    await Promise.all(own)
  })

  it('does not wait for long', async () => {
    await start({ longestWaitMs: 50 })
    const own = [get('/api/held'), get('/api/held')]
    await reached(2)
    expect((await get('/api/quick')).status).toBe(429)
    letGo()
    await Promise.all(own)
  })

  it('gets no room by hanging up while the answer is still made', async () => {
    await start({ waiting: 0 })
    const left = new AbortController()
    const own = [1, 2].map(() => get('/api/held', 'dana', { signal: left.signal }).catch(() => null))
    await reached(2)
    left.abort()
    await Promise.all(own)
    expect((await get('/api/quick')).status).toBe(429)
    letGo()
    await vi.waitFor(async () => expect((await get('/api/quick')).status).toBe(200), 10_000)
  })

  it('gives its place in the queue up by hanging up', async () => {
    await start({ waiting: 1 })
    const own = [get('/api/held'), get('/api/held')]
    await reached(2)
    const left = new AbortController()
    const third = get('/api/held', 'dana', { signal: left.signal }).catch(() => null)
    await vi.waitFor(async () => expect((await get('/api/quick')).status).toBe(429), 10_000)
    left.abort()
    await third
    const fourth = vi.waitFor(async () => expect((await get('/api/quick')).status).toBe(200), 10_000)
    setTimeout(letGo, 100)
    await fourth
    await Promise.all(own)
    expect(asked).toBe(2)
  })

  it('asks at a pace, after so many at once, and waits for it', async () => {
    await start({ burst: 5, aSecond: 20, waiting: 20, atOnce: 4 })
    const began = performance.now()
    const answers = await Promise.all(Array.from({ length: 15 }, () => get('/api/quick')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(performance.now() - began).toBeGreaterThan(450)
    expect((await get('/api/quick', 'omar')).status).toBe(200)
  })

  it('gains nothing by asking one after the other', async () => {
    await start({ burst: 5, aSecond: 20 })
    const began = performance.now()
    for (let count = 0; count < 15; count++) expect((await get('/api/quick')).status).toBe(200)
    expect(performance.now() - began).toBeGreaterThan(450)
  })

  it('has open streams beside its requests', async () => {
    await start({ waiting: 0 })
    const left = new AbortController()
    const streams = await Promise.all(
      [1, 2, 3, 4].map(() => get('/api/stream', 'dana', { signal: left.signal })),
    )
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await get('/api/quick')).status).toBe(200)
    left.abort()
  })

  it('is not read any more after so many refused bodies, and others are', async () => {
    await start()
    for (const body of ['{', '['.repeat(60), '{"a":1,"a":2}', 'x'.repeat(200)])
      expect((await post(body)).status).toBeOneOf([400, 413])
    const refused = await post('{}')
    expect([refused.status, Number(refused.headers.get('retry-after')) > 1]).toEqual([429, true])
    expect(refused.headers.get('connection')).toBe('close')
    expect((await get('/api/quick')).status).toBe(200)
    expect((await post('{}', 'omar')).status).toBe(200)
  })

  it('is answered before its body has come', async () => {
    await start({ refusedBodiesAMinute: 0 })
    await post('{')
    const socket = connect(listening.port, '127.0.0.1')
    socket.write(
      `POST /api/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token('dana')}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 90\r\n\r\n{"a":',
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 429 [^]*Connection: close/i)
    await once(socket, 'close')
  })

  it('is told later when it asks on and on after refusals, so that they cost little', async () => {
    await start({ atOnce: 0, waiting: 0 })
    const began = performance.now()
    const answers = await Promise.all(Array.from({ length: 150 }, () => get('/api/quick')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]))
    expect(performance.now() - began).toBeGreaterThan(900)
  })
})
