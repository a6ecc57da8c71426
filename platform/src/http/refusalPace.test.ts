import { once } from 'node:events'
import { connect } from 'node:net'
import type { RequestHandler } from 'express'
import { DomainError } from '@sre-portal/domain'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { signAccessToken } from '../accessToken.ts'
import { createLog } from '../log.ts'
import { createApp } from './app.ts'
import { listen, type Listening } from './listen.ts'
import { whoAsksApi } from './personGate.ts'
import { usualRefusals, type RefusalShare } from './refusalPace.ts'
import { tellRefusal } from './tellRefusal.ts'

const secret = 'a secret of the tests that is long enough'
const authorization = `Bearer ${signAccessToken(secret, { userId: 'dana', sessionId: 's' }, 't')}`
const json = { 'content-type': 'application/json' }

let listening: Listening | undefined
/** How often a route was reached that refuses, and one that doesn't, by nobody. */
let reached: number
let welcomed: number
afterEach(() => listening?.close())

async function start(change: Partial<RefusalShare> = {}) {
  reached = 0
  welcomed = 0
  const refuse: RequestHandler = () => {
    reached += 1
    throw new DomainError('unauthenticated', 'E-mail address or password is wrong.')
  }
  const app = createApp(
    {
      log: createLog('test', 'silent'),
      trustedProxyHops: 1,
      maxBodyBytes: 100,
      personOf: whoAsksApi(secret),
      refusals: { ...usualRefusals, ...change },
      routes: [{ method: 'POST', path: '/api/login' }],
      ready: async () => ({ ready: true, reasons: [] }),
    },
    (routes) => {
      routes.post('/api/refused', refuse)
      routes.post('/api/login', (request, response) => {
        if (request.get('authorization') === undefined) welcomed += 1
        response.json({ welcome: true })
      })
      routes.post('/api/logout', (_request, response) =>
        tellRefusal(response, () => void response.status(204).end()),
      )
      routes.post('/api/outage', () => {
        throw new DomainError('unavailable', 'Try again.')
      })
    },
  )
  listening = await listen(app, { host: '127.0.0.1', port: 0, trustedProxyHops: 1 })
}

const ask = (path: string, init: RequestInit = {}, address = '192.0.2.1') =>
  fetch(`${listening?.url}${path}`, {
    method: 'POST',
    ...init,
    headers: { 'x-forwarded-for': address, ...(init.headers as Record<string, string>) },
  })
const many = <T>(count: number, one: () => Promise<T>) => Array.from({ length: count }, one)
const msOf = async (work: () => Promise<unknown>) => {
  const began = performance.now()
  await work()
  return performance.now() - began
}

describe('refusals of nobody', { timeout: 30_000 }, () => {
  const malformed = { headers: json, body: '{"email":' }
  it.each<[string, string, RequestInit, number]>([
    ['of a password', '/api/refused', {}, 401],
    ['of a token that is none', '/api/refused', { headers: { authorization: 'Bearer x.y.z' } }, 401],
    ['of what is not there', '/api/nowhere', { method: 'GET' }, 404],
    ['of what is not there outside of the API', '/nowhere', { method: 'GET' }, 404],
    ['of a method', '/api/login', { method: 'DELETE' }, 405],
    ['of a body that is no JSON', '/api/login', malformed, 400],
    ['of a nested body', '/api/login', { headers: json, body: '['.repeat(60) }, 400],
    ['of a body that is too large', '/api/login', { headers: json, body: 'x'.repeat(200) }, 413],
    ['of a type of body', '/api/login', { headers: { 'content-type': 'text/plain' }, body: 'x' }, 415],
    ['of a session that never was to be ended', '/api/logout', {}, 204],
  ])('%s come at a pace after the first of a second', async (_what, path, init, status) => {
    await start()
    const told: number[] = []
    const began = performance.now()
    const answers = many(60, async () => {
      const answer = await ask(path, init)
      told.push(performance.now() - began)
      return answer.status
    })
    expect(new Set(await Promise.all(answers))).toEqual(new Set([status]))
    // A burst may reach into a second second, which has prompt ones of its own.
    expect(told.filter((ms) => ms > 950).length).toBeGreaterThanOrEqual(20)
  })

  it('one after the other gain nothing', async () => {
    await start()
    const refusals = async () => {
      for (let count = 0; count < 25; count++) await ask('/api/refused')
    }
    expect(await msOf(refusals)).toBeGreaterThan(950)
  })

  it('of another address, of a person, and outages are told at once meanwhile', async () => {
    await start()
    const held = many(100, () => ask('/api/refused'))
    await vi.waitFor(() => expect(reached).toBe(100), 10_000)
    const others = async () => {
      expect((await ask('/api/refused', {}, '192.0.2.2')).status).toBe(401)
      expect((await ask('/api/refused', { headers: { authorization } })).status).toBe(401)
      expect((await ask('/api/outage')).status).toBe(503)
      expect((await ask('/api/login')).status).toBe(200)
    }
    expect(await msOf(others)).toBeLessThan(950)
    await Promise.all(held)
  })
})

describe('where an address has as many refusals held as may be', { timeout: 30_000 }, () => {
  it('more of it waits before any work is done, and what is right is answered all the same', async () => {
    await start({ promptASecond: 0, held: 5, waiting: 20 })
    const held = many(5, () => ask('/api/refused'))
    await vi.waitFor(() => expect(reached).toBe(5), 10_000)
    const waiting = many(4, () => ask('/api/refused'))
    const neighbour = ask('/api/login')
    const signedIn = ask('/api/login', { headers: { authorization } })
    expect((await signedIn).status).toBe(200)
    expect(reached).toBe(5)
    expect((await neighbour).status).toBe(200)
    const statuses = (await Promise.all([...held, ...waiting])).map(({ status }) => status)
    expect(statuses).toEqual(Array(9).fill(401))
  })

  it('who finds no room to wait, or waits too long, is told that nothing was done', async () => {
    await start({ promptASecond: 0, held: 5, waiting: 2, longestWaitMs: 50 })
    const held = many(5, () => ask('/api/refused'))
    await vi.waitFor(() => expect(reached).toBe(5), 10_000)
    const more = await Promise.all(many(6, () => ask('/api/login')))
    expect(more.map(({ status }) => status)).toEqual(Array(6).fill(429))
    expect(more[0]?.headers.get('retry-after')).toBe('2')
    expect(await more[0]?.json()).toMatchObject({
      code: 'throttled',
      detail: expect.stringContaining('nothing was done') as string,
    })
    await Promise.all(held)
  })

  it('no more are held, and each further one costs a connection', async () => {
    await start({ promptASecond: 0, held: 2, waiting: 0 })
    const held = many(2, () => ask('/api/refused'))
    await vi.waitFor(() => expect(reached).toBe(2), 10_000)
    const ms = await msOf(async () => {
      const answer = await ask('/api/refused')
      expect([answer.status, answer.headers.get('connection')]).toEqual([429, 'close'])
    })
    expect(ms).toBeLessThan(950)
    await Promise.all(held)
  })

  it('hanging up makes no room', async () => {
    await start({ promptASecond: 0, held: 5, waiting: 20 })
    const left = new AbortController()
    const gone = many(5, () => ask('/api/refused', { signal: left.signal }).catch(() => null))
    await vi.waitFor(() => expect(reached).toBe(5), 10_000)
    left.abort()
    await Promise.all(gone)
    const next = ask('/api/refused')
    expect((await ask('/api/login', { headers: { authorization } })).status).toBe(200)
    expect(reached).toBe(5)
    expect((await next).status).toBe(401)
  })

  it('who waits leaves by hanging up', async () => {
    await start({ promptASecond: 0, held: 5, waiting: 1 })
    const held = many(5, () => ask('/api/refused'))
    await vi.waitFor(() => expect(reached).toBe(5), 10_000)
    const socket = connect(listening?.port ?? 0, '127.0.0.1')
    socket.write('POST /api/login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n')
    await once(socket, 'connect')
    expect((await ask('/api/login', { headers: { authorization } })).status).toBe(200)
    socket.destroy()
    await vi.waitFor(async () => expect((await ask('/api/login')).status).toBe(200), 10_000)
    expect(welcomed).toBe(1)
    await Promise.all(held)
  })
})

it('a service that stops tells what it holds, and lets go who waits', async () => {
  await start({ promptASecond: 0, held: 5, waiting: 20 })
  const held = many(5, () => ask('/api/refused', { headers: { connection: 'close' } }))
  await vi.waitFor(() => expect(reached).toBe(5), 10_000)
  const waiting = many(3, () => ask('/api/login'))
  // Of those that came after them in the same moment, at least this one has been answered.
  expect((await ask('/api/login', { headers: { authorization } })).status).toBe(200)
  const ms = await msOf(async () => {
    void listening?.close()
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(5).fill(401))
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(3).fill(200))
  })
  expect(ms).toBeLessThan(950)
})
