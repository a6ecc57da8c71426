import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { DomainError } from '@sre-portal/domain'
import { z } from 'zod'
import { createLog } from '../log.ts'
import { createApp } from './app.ts'
import { bearerToken } from './bearer.ts'
import { listen, type Listening } from './listen.ts'
import { Throttled } from './problem.ts'

const log = createLog('test', 'silent')
const local = { host: '127.0.0.1', port: 0, trustedProxyHops: 0 }
let listening: Listening | undefined
afterEach(async () => {
  await listening?.close()
  listening = undefined
})

const failures: Record<string, () => never> = {
  domain: () => {
    throw new DomainError('conflict', 'Already approved.', [{ path: 'id', message: 'is decided' }])
  },
  many: () => {
    const faults = Array.from({ length: 1000 }, (_, at) => ({ path: `items.${at}`, message: 'is wrong' }))
    throw new DomainError('invalid', 'No.', faults)
  },
  long: () => {
    const name = 'x'.repeat(500_000)
    throw new DomainError('invalid', 'No.', [{ path: name, message: `${name} is not known` }])
  },
  zod: () => z.strictObject({ a: z.object({ b: z.string() }) }).parse({ a: { b: 1 } }) as never,
  throttled: () => {
    throw new Throttled(7)
  },
  outage: () => {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' })
  },
  bug: () => {
    throw new Error('password=hunter2 in SELECT')
  },
}

async function start(ready = true) {
  const app = createApp(
    {
      log,
      trustedProxyHops: 0,
      maxBodyBytes: 100,
      bodyBytes: [
        { path: '/large', below: false, maxBytes: 300 },
        { path: '/small', below: true, maxBytes: 20 },
      ],
      routes: [
        { method: 'POST', path: '/echo' },
        { method: 'GET', path: '/things/{id}' },
        { method: 'PATCH', path: '/things/{id}' },
      ],
      beforeBodies: [
        (request, _response, next) => {
          if (request.path === '/closed') bearerToken(request)
          next()
        },
      ],
      ready: async () => ({ ready, reasons: ready ? [] : ['PostgreSQL'] }),
    },
    (routes) => {
      for (const [name, fail] of Object.entries(failures)) routes.get(`/${name}`, fail)
      routes.post('/large', (request, response) => void response.json(request.body))
      routes.post('/echo', (request, response) => void response.json(request.body))
      routes.get('/bearer', (request, response) => void response.json(bearerToken(request)))
    },
  )
  listening = await listen(app, local)
  return (path: string, init?: RequestInit) => fetch(`${listening?.url}${path}`, init)
}

describe('an error becomes a problem', () => {
  it.each([
    ['domain', 409, 'conflict', 'Already approved.', [{ path: 'id', message: 'is decided' }]],
    [
      'zod',
      400,
      'invalid',
      'The input is not valid; nothing was changed.',
      [{ path: 'a.b', message: expect.any(String) as string }],
    ],
    ['throttled', 429, 'throttled', 'Too many attempts. Try again in 7 s.', undefined],
    [
      'outage',
      503,
      'unavailable',
      'A part of the system does not answer; nothing was changed. Try again.',
      undefined,
    ],
    [
      'bug',
      500,
      'internal',
      'Something went wrong on our side. Name the request id when you report it.',
      undefined,
    ],
    ['nowhere', 404, 'not_found', 'There is no route GET /nowhere.', undefined],
  ])('of %s is answered as %i', async (path, status, code, detail, faults) => {
    const get = await start()
    const response = await get(`/${path}`)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    const requestId = response.headers.get('x-request-id')
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: expect.any(String) as string,
      status,
      code,
      detail,
      requestId,
      ...(faults && { faults }),
    })
  })

  it('of a thousand faults the first are told, and how many more there are', async () => {
    const { faults } = (await (await (await start())('/many')).json()) as { faults: unknown[] }
    expect([faults.length, faults[0], faults.at(-1)]).toEqual([
      21,
      { path: 'items.0', message: 'is wrong' },
      { path: '', message: 'And 980 more.' },
    ])
  })

  it('cuts what a fault repeats of what was sent', async () => {
    const answer = await (await start())('/long')
    const { faults } = (await answer.json()) as { faults: { path: string; message: string }[] }
    expect([faults[0]?.path.length, faults[0]?.message.length]).toEqual([1_001, 1_001])
  })

  it.each([
    ['GET', '/echo', 'POST'],
    ['POST', '/things/1', 'GET, HEAD, PATCH'],
    ['DELETE', '/things/1/', 'GET, HEAD, PATCH'],
  ])('%s %s is another method of a route that there is', async (method, path, allowed) => {
    const answer = await (await start())(path, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed])
  })

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    'does what its method says, whatever a header asks for: %s',
    async (name) => {
      const get = await start()
      const answers = [
        await get('/echo', { headers: { [name]: 'POST' } }),
        await get('/things/1', { method: 'POST', headers: { [name]: 'PATCH' } }),
        await get('/echo?_method=POST', { headers: { [name]: 'POST' } }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([405, 405, 405])
    },
  )

  it('says when to come back', async () => {
    const get = await start()
    expect((await get('/throttled')).headers.get('retry-after')).toBe('7')
    expect((await get('/outage')).headers.get('retry-after')).toBe('2')
  })
})

describe('bodies', () => {
  const post = (body: string, type = 'application/json') => ({
    method: 'POST',
    body,
    headers: { 'content-type': type },
  })
  it.each([
    ['malformed JSON', post('{'), 400],
    ['a bare value', post('1'), 400],
    ['too much', post(JSON.stringify('x'.repeat(200))), 413],
    ['a form', post('a=1', 'application/x-www-form-urlencoded'), 415],
    ['plain text', post('{}', 'text/plain'), 415],
    ['another encoding of text', post('{"a":1}', 'application/json; charset=utf-16le'), 415],
    ['an old encoding, quoted', post('{"a":1}', 'application/json; x=1; Charset="utf-7"'), 415],
    ['what it takes', post('{"a":1}'), 200],
    ['what it takes, by name', post('{"a":1}', 'application/json; charset="UTF-8"'), 200],
  ])('%s', async (_name, init, status) => expect((await (await start())('/echo', init)).status).toBe(status))

  it('of which a key stands twice are refused, with the key', async () => {
    const answer = await (await start())('/echo', post('{"a":{"b":1,"b":2}}'))
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      400,
      'The body holds "b" twice; nothing was changed.',
    ])
  })

  it('are refused with the place before they are parsed when they are nested deeply', async () => {
    const answer = await (await start())('/echo', post('['.repeat(60)))
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      400,
      'At byte 33 the body is nested deeper than 32 levels, which is the most; nothing was changed.',
    ])
  })

  it.each([
    ['/large', 150, 200],
    ['/LARGE/', 150, 200],
    ['/large', 400, 413],
    ['/large/below', 150, 413],
    ['/small/below', 30, 413],
    ['/echo', 90, 200],
    ['/echo', 150, 413],
  ])('%s of %i bytes is answered with %i, by the bound of its route', async (path, bytes, status) => {
    const answer = await (await start())(path, post(JSON.stringify({ a: 'x'.repeat(bytes - 8) })))
    expect(answer.status).toBe(status)
  })

  it('are not read before it is known who speaks', async () => {
    const post = (await start()) && connect(listening?.port ?? 0, '127.0.0.1')
    post.write(
      'POST /closed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"a":',
    )
    const [answer] = (await once(post, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /)
    post.destroy()
  })

  it('cannot reach the prototype', async () => {
    await (
      await start()
    )('/echo', post('{"__proto__":{"polluted":1}}'))
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

describe('every answer', () => {
  it('carries the security headers and is not kept by caches', async () => {
    const { headers } = await (await start())('/livez')
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    })
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('strict-transport-security')).toBeNull()
  })

  it('takes a caller’s request id only when it is harmless', async () => {
    const get = await start()
    const idFor = async (id: string) =>
      (await get('/livez', { headers: { 'x-request-id': id } })).headers.get('x-request-id')
    expect(await idFor('trace-12345678')).toBe('trace-12345678')
    expect(await idFor('x y <script>')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

it('readiness names what is missing', async () => {
  const response = await (await start(false))('/readyz')
  expect([response.status, await response.json()]).toEqual([503, { ready: false, reasons: ['PostgreSQL'] }])
})

it.each([
  ['none', undefined],
  ['another scheme', 'Basic abc'],
  ['two tokens', 'Bearer a b'],
])('a bearer token is missing with %s', async (_name, value) => {
  const get = await start()
  const response = await get('/bearer?token=abc', value ? { headers: { authorization: value } } : {})
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
})

describe('listening', () => {
  const app = () =>
    createApp(
      { log, trustedProxyHops: 0, maxBodyBytes: 1, ready: async () => ({ ready: true, reasons: [] }) },
      () => {},
    )

  it('refuses plain HTTP beyond this machine, with what to do', async () =>
    expect(listen(app(), { ...local, host: '0.0.0.0' })).rejects.toThrow(
      /Refusing plain HTTP on 0\.0\.0\.0.*TLS_CERT_FILE/,
    ))

  it('refuses half of a TLS configuration', async () =>
    expect(listen(app(), { ...local, tlsCertFile: 'x' })).rejects.toThrow('needs both'))

  it('names a busy port', async () => {
    listening = await listen(app(), local)
    await expect(listen(app(), { ...local, port: listening.port })).rejects.toThrow(
      `Port ${listening.port} on 127.0.0.1 is in use by another program.`,
    )
  })
})
