import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { ApiError } from './apiError.ts'
import { createAwaitedPosition } from './awaitedPosition.ts'
import { createApiClient } from './client.ts'
import { createRefresher, type ExclusiveRun } from './refresher.ts'
import { createSessionStore } from './sessionStore.ts'
import { aSession, json, memoryStorage, problem } from '../testing/testAnswers.ts'

type Handler = (path: string, init: RequestInit) => Response | Promise<Response>

function portal(handler: Handler, storage = memoryStorage(), exclusively: ExclusiveRun = (task) => task()) {
  const calls: { path: string; init: RequestInit; token: string | null; key: string | null }[] = []
  const fetching: typeof fetch = (input, init = {}) => {
    const path = typeof input === 'string' ? input : ''
    const headers = new Headers(init.headers)
    calls.push({ path, init, token: headers.get('Authorization'), key: headers.get('Idempotency-Key') })
    return Promise.resolve().then(() => handler(path, init))
  }
  const sessions = createSessionStore(storage, new EventTarget() as Window)
  const refresh = createRefresher({ sessions, fetch: fetching, exclusively })
  const api = createApiClient({ sessions, refresh, awaited: createAwaitedPosition(), fetch: fetching })
  return { api, sessions, calls }
}

const answer = z.object({ ok: z.boolean() })
const tokenOf = (init: RequestInit) => new Headers(init.headers).get('Authorization')

describe('an expired access token', () => {
  it('is refreshed once and the original request is sent again with the new one', async () => {
    const { api, sessions, calls } = portal((path, init) => {
      if (path === '/api/auth/refresh') return json(aSession('new'))
      return tokenOf(init) === 'Bearer access-new' ? json({ ok: true }) : problem(401, 'token_expired')
    })
    sessions.open(aSession('old'))

    await expect(api.get('/api/things', { answer })).resolves.toEqual({ ok: true })

    expect(calls.map((call) => [call.path, call.token])).toEqual([
      ['/api/things', 'Bearer access-old'],
      ['/api/auth/refresh', null],
      ['/api/things', 'Bearer access-new'],
    ])
    expect(sessions.read()).toEqual({ state: 'open', ...aSession('new') })
  })

  it('is refreshed by one call however many requests find it expired', async () => {
    const { api, sessions, calls } = portal(async (path, init) => {
      if (path === '/api/auth/refresh') return json(aSession('new'))
      await Promise.resolve()
      return tokenOf(init) === 'Bearer access-new' ? json({ ok: true }) : problem(401, 'token_expired')
    })
    sessions.open(aSession('old'))

    await Promise.all(['/api/a', '/api/b', '/api/c'].map((path) => api.get(path, { answer })))

    expect(calls.filter((call) => call.path === '/api/auth/refresh')).toHaveLength(1)
  })

  it('is not refreshed when another tab has done so while this one waited for the lock', async () => {
    const storage = memoryStorage()
    const otherTab = createSessionStore(storage, new EventTarget() as Window)
    const { api, sessions, calls } = portal(
      (_path, init) =>
        tokenOf(init) === 'Bearer access-other' ? json({ ok: true }) : problem(401, 'token_expired'),
      storage,
      (task) => {
        otherTab.open(aSession('other'))
        return task()
      },
    )
    sessions.open(aSession('old'))

    await expect(api.get('/api/things', { answer })).resolves.toEqual({ ok: true })

    expect(calls.map((call) => call.path)).toEqual(['/api/things', '/api/things'])
  })

  it('ends the session when the refresh token is refused too, and keeps who was here', async () => {
    const { api, sessions, calls } = portal(() => problem(401, 'unauthenticated'))
    sessions.open(aSession('old'))

    await expect(api.send('/api/things')).rejects.toMatchObject({
      code: 'unauthenticated',
      status: 401,
    })

    expect(calls.map((call) => call.path)).toEqual(['/api/things', '/api/auth/refresh'])
    expect(sessions.read()).toEqual({ state: 'ended', user: aSession('old').user })
  })

  it('lets every question wait until somebody has signed in again, and asks it then', async () => {
    const { api, sessions, calls } = portal((_path, init) =>
      tokenOf(init) === 'Bearer access-again' ? json({ ok: true }) : problem(401, 'unauthenticated'),
    )
    sessions.open(aSession('old'))
    const asked = Promise.all(['/api/a', '/api/b'].map((path) => api.get(path, { answer })))
    await vi.waitFor(() => expect(sessions.read().state).toBe('ended'))
    const late = api.get('/api/c', { answer })
    await expect(api.command('/api/d', { idempotencyKey: 'k'.repeat(16) })).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    const left = new AbortController()
    const abandoned = api.get('/api/e', { answer, signal: left.signal })
    left.abort()
    await expect(abandoned).rejects.toMatchObject({ name: 'AbortError' })

    sessions.open(aSession('again'))
    await expect(asked).resolves.toEqual([{ ok: true }, { ok: true }])
    await expect(late).resolves.toEqual({ ok: true })
    const again = calls.filter(({ token }) => token === 'Bearer access-again').map(({ path }) => path)
    expect(again.toSorted()).toEqual(['/api/a', '/api/b', '/api/c'])
  })

  it('asks nothing any more when the person signs out instead', async () => {
    const { api, sessions } = portal(() => problem(401, 'unauthenticated'))
    sessions.open(aSession('old'))
    const asked = api.get('/api/a', { answer })
    const refused = expect(asked).rejects.toMatchObject({ code: 'unauthenticated' })
    await vi.waitFor(() => expect(sessions.read().state).toBe('ended'))
    sessions.clear()
    await refused
  })

  it('does not end the session when the server is only unreachable', async () => {
    const { api, sessions } = portal((path) => {
      if (path === '/api/auth/refresh') throw new TypeError('Failed to fetch')
      return problem(401, 'token_expired')
    })
    sessions.open(aSession('old'))

    await expect(api.get('/api/things', { answer })).rejects.toMatchObject({ code: 'offline' })
    expect(sessions.read().state).toBe('open')
  })
})

describe('a moment of too many requests', () => {
  afterEach(() => vi.useRealTimers())
  const throttled = (seconds: string) => {
    const answer = problem(429, 'throttled')
    answer.headers.set('Retry-After', seconds)
    return answer
  }

  it('is waited for, and the question asked again', async () => {
    vi.useFakeTimers()
    let asked = 0
    const { api, sessions, calls } = portal(() => (++asked < 3 ? throttled('1') : json({ ok: true })))
    sessions.open(aSession('now'))
    const told = api.get('/api/things', { answer })
    await vi.advanceTimersByTimeAsync(999)
    expect(calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_001)
    await expect(told).resolves.toEqual({ ok: true })
    expect(calls).toHaveLength(3)
  })

  it('is waited for by a command, which is the same one', async () => {
    vi.useFakeTimers()
    let asked = 0
    const { api, sessions, calls } = portal(() =>
      ++asked < 2 ? throttled('2') : json({ id: 'r1', revision: 1, position: '7' }),
    )
    sessions.open(aSession('now'))
    const told = api.command('/api/requests', { idempotencyKey: 'key-of-this-press' })
    await vi.advanceTimersByTimeAsync(2_000)
    await expect(told).resolves.toMatchObject({ id: 'r1' })
    expect(calls.map(({ key }) => key)).toEqual(['key-of-this-press', 'key-of-this-press'])
  })

  it('that goes on is told in the end', async () => {
    vi.useFakeTimers()
    const { api, sessions, calls } = portal(() => throttled('1'))
    sessions.open(aSession('now'))
    const told = expect(api.get('/api/things', { answer })).rejects.toMatchObject({ status: 429 })
    await vi.advanceTimersByTimeAsync(5_000)
    await told
    expect(calls).toHaveLength(5)
  })

  it.each(['3', '60', 'soon'])('is told at once when it is none: %s', async (seconds) => {
    const { api, sessions, calls } = portal(() => throttled(seconds))
    sessions.open(aSession('now'))
    await expect(api.get('/api/things', { answer })).rejects.toMatchObject({ status: 429 })
    expect(calls).toHaveLength(1)
  })

  it('is not waited for by who has left the page', async () => {
    const { api, sessions, calls } = portal(() => throttled('1'))
    sessions.open(aSession('now'))
    const left = new AbortController()
    const told = api.get('/api/things', { answer, signal: left.signal })
    await vi.waitFor(() => expect(calls).toHaveLength(1))
    left.abort()
    await expect(told).rejects.toMatchObject({ name: 'AbortError' })
    expect(calls).toHaveLength(1)
  })
})

describe('a command', () => {
  const accepted = { id: 'r1', revision: 3, position: '1200' }

  it('carries its idempotency key, the same one when it is sent again after a refresh', async () => {
    const { api, sessions, calls } = portal((path, init) => {
      if (path === '/api/auth/refresh') return json(aSession('new'))
      return tokenOf(init) === 'Bearer access-new' ? json(accepted) : problem(401, 'token_expired')
    })
    sessions.open(aSession('old'))

    await expect(
      api.command('/api/requests/r1/approve', { idempotencyKey: 'key-of-this-press' }),
    ).resolves.toEqual(accepted)
    expect(calls.filter((call) => call.path.endsWith('approve')).map((call) => call.key)).toEqual([
      'key-of-this-press',
      'key-of-this-press',
    ])
  })

  it('makes later queries wait for its position, until an answer has reached it', async () => {
    let projected = '1100'
    const { api, sessions, calls } = portal((_path, init) =>
      init.method === 'POST' ? json(accepted) : json({ ok: true }, { 'X-Position': projected }),
    )
    sessions.open(aSession('a'))

    await api.get('/api/requests', { answer })
    await api.command('/api/requests', { idempotencyKey: 'k'.repeat(16) })
    await api.get('/api/requests', { answer, query: { view: 'mine' } })
    projected = '1300'
    await api.get('/api/requests', { answer })
    await api.get('/api/requests', { answer })

    expect(calls.filter((call) => call.init.method !== 'POST').map((call) => call.path)).toEqual([
      '/api/requests',
      '/api/requests?view=mine&minPosition=1200',
      '/api/requests?minPosition=1200',
      '/api/requests',
    ])
  })
})

describe('an answer that is no success', () => {
  it('becomes an error with code, faults and request id', async () => {
    const { api, sessions } = portal(() =>
      problem(422, 'unprocessable', [{ path: 'podId', message: 'is unknown' }]),
    )
    sessions.open(aSession('a'))
    const error = await api.get('/api/things', { answer }).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      code: 'unprocessable',
      status: 422,
      message: 'In words.',
      requestId: 'req-1',
      faults: [{ path: 'podId', message: 'is unknown' }],
    })
  })

  it('is named as unexpected when the body is not what was agreed', async () => {
    const { api, sessions } = portal(() => json({ ok: 'yes' }))
    sessions.open(aSession('a'))
    await expect(api.get('/api/things', { answer })).rejects.toMatchObject({
      code: 'unexpected',
      status: 200,
    })
  })

  it('says that the server is not available when a gateway answers in its place', async () => {
    const { api, sessions } = portal(() => new Response('<html>', { status: 502 }))
    sessions.open(aSession('a'))
    await expect(api.get('/api/things', { answer })).rejects.toMatchObject({
      code: 'unavailable',
      status: 502,
    })
  })
})

it('asks to sign in without calling the server when nobody is signed in', async () => {
  const handler = vi.fn<Handler>()
  const { api } = portal(handler)
  await expect(api.get('/api/things', { answer })).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(handler).not.toHaveBeenCalled()
})

describe('a server that does not answer', () => {
  const silent: Handler = (_path, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('gone', 'AbortError')))
    })
  afterEach(() => vi.useRealTimers())

  it('has failed a question after 30 seconds, and a command after a minute, in words', async () => {
    vi.useFakeTimers()
    const { api, sessions } = portal(silent)
    sessions.open(aSession('a'))
    const question = expect(api.get('/api/a', { answer })).rejects.toMatchObject({
      code: 'timeout',
      message: 'The server did not answer within 30 seconds.',
    })
    const command = expect(api.command('/api/b', { idempotencyKey: 'k'.repeat(16) })).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('not known whether this was done') as string,
    })
    await vi.advanceTimersByTimeAsync(30_000)
    await question
    await vi.advanceTimersByTimeAsync(30_000)
    await command
  })

  it('may keep a stream open for longer', async () => {
    vi.useFakeTimers()
    const { api, sessions } = portal(silent)
    sessions.open(aSession('a'))
    const ended = vi.fn()
    void api.open('/api/stream', {}).finally(ended)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(ended).not.toHaveBeenCalled()
  })
})
