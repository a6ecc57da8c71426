import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import {
  createServer,
  request as startRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { request as startSecureRequest } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemSchema } from '@sre-portal/contracts'
import { createLog } from '@sre-portal/platform/log'
import { listen, type Listening } from '@sre-portal/platform/http/listen'
import { freePort } from '../ports.ts'
import { createGateway } from './app.ts'

interface Seen {
  service: string
  method: string
  url: string
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/** A service that answers what it was asked. */
async function echo(service: string): Promise<Server> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request
      response.setHeader('Content-Type', 'application/json')
      response.setHeader('Content-Security-Policy', "default-src 'none'")
      response.end(JSON.stringify({ service, method, url, headers, body }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

let portalDir: string
let commands: Server
let queries: Server
let gateway: Listening

const startGateway = async (trustedProxyHops = 0, queryServiceUrl = addressOf(queries), more = {}) => {
  const app = createGateway({
    log: createLog('gateway', 'silent'),
    commandServiceUrl: addressOf(commands),
    queryServiceUrl,
    portalDir,
    trustedProxyHops,
  })
  return listen(app, { host: '127.0.0.1', port: 0, trustedProxyHops, ...more })
}

const largeAsset = `export const text = '${'portal '.repeat(1000)}'`

beforeAll(async () => {
  portalDir = await mkdtemp(join(tmpdir(), 'portal-'))
  await mkdir(join(portalDir, 'assets'))
  await writeFile(
    join(portalDir, 'index.html'),
    '<!doctype html><title>SRE Portal</title><meta property="csp-nonce" nonce="__STYLE_NONCE__">',
  )
  await writeFile(join(portalDir, 'favicon.svg'), '<svg/>')
  await writeFile(join(portalDir, 'assets', 'index-B1a2.js'), 'export {}')
  await writeFile(join(portalDir, 'assets', 'large-C3d4.js'), largeAsset)
  commands = await echo('command-service')
  queries = await echo('query-service')
  gateway = await startGateway()
})

afterAll(async () => {
  await gateway.close()
  commands.close()
  queries.close()
  await rm(portalDir, { recursive: true })
})

const seen = async (path: string, init?: RequestInit, base = gateway.url) =>
  (await (await fetch(`${base}${path}`, init)).json()) as Seen
const problemOf = async (answer: Response) => problemSchema.parse(await answer.json())

describe('who answers', () => {
  test('reads go to the query service, with their query string', async () => {
    const asked = await seen('/api/requests?status=PENDING&q=%C3%A4')
    expect([asked.service, asked.method, asked.url]).toEqual([
      'query-service',
      'GET',
      '/api/requests?status=PENDING&q=%C3%A4',
    ])
    const head = await fetch(`${gateway.url}/api/requests`, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(await head.text()).toBe('')
  })

  test.each(['POST', 'PUT', 'PATCH'])('%s goes to the command service, body and all', async (method) => {
    const body = JSON.stringify({ comment: 'ä'.repeat(100_000) })
    const asked = await seen('/api/requests', {
      method,
      body,
      headers: { 'Content-Type': 'application/json' },
    })
    expect([asked.service, asked.method, asked.url]).toEqual(['command-service', method, '/api/requests'])
    expect(asked.body).toBe(body)
    expect(asked.headers['content-type']).toBe('application/json')
  })

  test('DELETE goes to the command service', async () => {
    const asked = await seen('/api/requests/1', { method: 'DELETE' })
    expect([asked.service, asked.method, asked.url]).toEqual(['command-service', 'DELETE', '/api/requests/1'])
  })

  test('the portal answers every route of its own with its page', async () => {
    for (const path of ['/', '/requests/8a1c', '/apidocs']) {
      const answer = await fetch(`${gateway.url}${path}`)
      expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([200, 'no-cache'])
      expect(await answer.text()).toContain('<title>SRE Portal</title>')
    }
  })

  test('hashed assets are kept for ever, other files are asked for anew', async () => {
    const asset = await fetch(`${gateway.url}/assets/index-B1a2.js`)
    expect([asset.status, asset.headers.get('Cache-Control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ])
    expect(asset.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8')
    expect((await fetch(`${gateway.url}/favicon.svg`)).headers.get('Cache-Control')).toBe('no-cache')
  })

  test('files travel compressed to who can read that, and what the API answers does not', async () => {
    const large = await fetch(`${gateway.url}/assets/large-C3d4.js`, {
      headers: { 'Accept-Encoding': 'gzip' },
    })
    expect([large.headers.get('Content-Encoding'), large.headers.get('Vary')]).toEqual([
      'gzip',
      'Accept-Encoding',
    ])
    expect(await large.text()).toBe(largeAsset)
    const plain = await fetch(`${gateway.url}/assets/large-C3d4.js`, {
      headers: { 'Accept-Encoding': 'identity' },
    })
    expect(plain.headers.get('Content-Encoding')).toBeNull()
    const answer = await fetch(`${gateway.url}/api/requests?search=${'x'.repeat(3000)}`)
    expect(answer.headers.get('Content-Encoding')).toBeNull()
    expect((await answer.text()).length).toBeGreaterThan(3000)
  })

  test.each([
    '/assets/index-gone.js',
    '/.git/config',
    '/.env',
    '/robots.txt',
    '/assets/',
    '/assets/index-B1a2.js.map',
    '/main.ts',
    '/.npmrc',
    '/package.json',
  ])('%s is not found, and not answered with the page', async (path) => {
    const answer = await fetch(`${gateway.url}${path}`)
    expect(answer.status).toBe(404)
    expect(await problemOf(answer)).toMatchObject({ code: 'not_found', status: 404 })
  })

  test('a command outside the API is refused', async () => {
    const answer = await fetch(`${gateway.url}/requests`, { method: 'POST' })
    expect(answer.status).toBe(405)
    expect((await problemOf(answer)).code).toBe('method_not_allowed')
  })
})

describe('headers', () => {
  test('the page may load from its own origin only, and nobody may frame it', async () => {
    const { headers } = await fetch(gateway.url)
    expect(headers.get('Content-Security-Policy')?.split(';')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      expect.stringMatching(/^style-src 'self' 'nonce-[\w-]{22}'$/),
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "manifest-src 'self'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "object-src 'none'",
      "require-trusted-types-for 'script'",
    ])
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin')
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('X-Powered-By')).toBeNull()
    expect(headers.get('Strict-Transport-Security')).toBeNull()
  })

  test.each(['/', '/requests/8a1c', '/index.html'])(
    'the page of %s names the nonce of its policy, which is another one each time',
    async (path) => {
      const seen = new Set<string | undefined>()
      for (let time = 0; time < 3; time++) {
        const answer = await fetch(`${gateway.url}${path}`)
        const [, inPolicy] = /'nonce-([^']+)'/.exec(answer.headers.get('Content-Security-Policy') ?? '') ?? []
        const [, inPage] = / nonce="([^"]+)"/.exec(await answer.text()) ?? []
        expect([answer.status, answer.headers.get('ETag'), inPage]).toEqual([200, null, inPolicy])
        seen.add(inPolicy)
      }
      expect(seen.size).toBe(3)
    },
  )

  test("a service's own policy wins on its answers", async () => {
    const answer = await fetch(`${gateway.url}/api/docs`)
    expect(answer.headers.get('Content-Security-Policy')).toBe("default-src 'none'")
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
  })

  const claims = {
    'X-Forwarded-For': '1.2.3.4',
    'X-Forwarded-Proto': 'https',
    'X-Real-IP': '1.2.3.4',
    Forwarded: 'for=1.2.3.4;proto=https',
    'X-Request-Id': 'chosen-by-the-client',
  }

  test('what a client claims about itself is not passed on', async () => {
    const { headers } = await seen('/api/me', { headers: claims })
    expect(headers['x-forwarded-for']).toBe('127.0.0.1')
    expect(headers['x-forwarded-proto']).toBe('http')
    expect(headers['x-forwarded-host']).toBe(new URL(gateway.url).host)
    expect(headers['x-real-ip']).toBeUndefined()
    expect(headers['forwarded']).toBeUndefined()
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a trusted proxy is believed, but only for as many hops as there are', async () => {
    const behind = await startGateway(1)
    const chain = { ...claims, 'X-Forwarded-For': '6.6.6.6, 1.2.3.4' }
    const { headers } = await seen('/api/me', { headers: chain }, behind.url)
    expect(headers['x-forwarded-for']).toBe('1.2.3.4')
    expect(headers['x-forwarded-proto']).toBe('https')
    const page = await fetch(behind.url, { headers: claims })
    expect(page.headers.get('Strict-Transport-Security')).toBe('max-age=31536000; includeSubDomains')
    await behind.close()
  })

  test('a command that reached the trusted proxy in clear text is refused, not redirected', async () => {
    const behind = await startGateway(1)
    const answer = await fetch(`${behind.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'X-Forwarded-Proto': 'http' },
    })
    expect(answer.status).toBe(403)
    expect((await problemOf(answer)).detail).toContain('HTTPS only')
    await behind.close()
  })

  test('headers of one connection are not passed on', async () => {
    const answer = await raw(
      `GET /api/x HTTP/1.1\r\nHost: portal\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nTE: trailers\r\n` +
        `Proxy-Authorization: Basic eDp5\r\nKeep-Alive: timeout=9\r\nUpgrade: websocket\r\n\r\n`,
    )
    const { headers } = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as Seen
    for (const name of ['x-secret', 'te', 'proxy-authorization', 'keep-alive', 'upgrade'])
      expect(headers[name]).toBeUndefined()
    expect(headers['connection']).toBe('close')
  })

  test.each(['content-length', 'Transfer-Encoding', 'host', 'authorization', 'content-type'])(
    'what frames a request or says whose it is stays, although Connection names it: %s',
    async (name) => {
      const answer = await raw(
        `POST /api/x HTTP/1.1\r\nHost: portal\r\nConnection: close, ${name}\r\nAuthorization: Bearer t\r\n` +
          `Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{"text":"ä"}`,
      )
      const { headers, body } = JSON.parse(
        answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1),
      ) as Seen
      expect([headers['authorization'], headers['content-length'], body]).toEqual([
        'Bearer t',
        '13',
        '{"text":"ä"}',
      ])
    },
  )

  test('behind a proxy that does not say HTTPS the API is closed', async () => {
    const behind = await startGateway(1)
    const answer = await fetch(`${behind.url}/api/requests`)
    expect([answer.status, (await problemOf(answer)).detail]).toEqual([
      403,
      expect.stringContaining('HTTPS only'),
    ])
    await behind.close()
  })

  test('no other origin is ever allowed in', async () => {
    for (const origin of ['https://evil.test', 'null']) {
      const headers = { Origin: origin, 'Access-Control-Request-Method': 'POST' }
      const preflight = await fetch(`${gateway.url}/api/requests`, { method: 'OPTIONS', headers })
      expect([preflight.status, preflight.headers.get('Access-Control-Allow-Origin')]).toEqual([405, null])
      const read = await fetch(`${gateway.url}/api/requests`, { headers })
      expect(read.headers.get('Access-Control-Allow-Origin')).toBeNull()
    }
  })
})

function raw(bytes: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.write(bytes)
  return text(socket)
}

describe('odd requests', () => {
  test('TRACE is refused', async () => {
    const answer = await raw('TRACE / HTTP/1.1\r\nHost: portal\r\nConnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 405 /)
    expect(answer).toContain('"code":"method_not_allowed"')
    expect(answer).toContain('Allow: GET, HEAD, POST, PUT, PATCH, DELETE')
  })

  test.each(['GET', 'HEAD', 'DELETE'])('a %s with a body is refused', async (method) => {
    for (const framing of ['Content-Length: 2\r\n\r\n{}', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n']) {
      const answer = await raw(
        `${method} /api/x HTTP/1.1\r\nHost: portal\r\nConnection: close\r\nContent-Type: application/json\r\n${framing}`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    }
  })

  test('a body of two lengths is refused', async () => {
    const answer = await raw(
      'POST /api/x HTTP/1.1\r\nHost: portal\r\nContent-Length: 4\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('when a service does not answer', () => {
  test('a read says so in words, with when to come back', async () => {
    const alone = await startGateway(0, `http://127.0.0.1:${await freePort()}`)
    const answer = await fetch(`${alone.url}/api/requests`)
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '2'])
    expect(answer.headers.get('Content-Type')).toContain('application/problem+json')
    expect(await problemOf(answer)).toMatchObject({
      code: 'unavailable',
      detail: 'A part of the system does not answer; nothing was changed. Try again.',
    })
    expect((await fetch(alone.url)).status).toBe(200)
    await alone.close()
  })

  test('a command whose connection broke is not said to have changed nothing', async () => {
    const dying = createServer((request) => void text(request).then(() => request.socket.destroy()))
    dying.listen(0, '127.0.0.1')
    await once(dying, 'listening')
    const app = createGateway({
      log: createLog('gateway', 'silent'),
      commandServiceUrl: addressOf(dying),
      queryServiceUrl: addressOf(queries),
      portalDir,
      trustedProxyHops: 0,
    })
    const listening = await listen(app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
    const answer = await fetch(`${listening.url}/api/requests`, { method: 'POST', body: '{}' })
    expect(answer.status).toBe(503)
    expect((await problemOf(answer)).detail).toContain('it is unknown whether this took effect')
    await listening.close()
    dying.close()
  })
})

test('live updates pass through at once, and end at the service when the reader leaves', async () => {
  const live = createServer()
  live.listen(0, '127.0.0.1')
  await once(live, 'listening')
  const listening = await startGateway(0, addressOf(live))
  const reading = startRequest(`${listening.url}/api/stream`)
  reading.end()
  const [, response] = (await once(live, 'request')) as [IncomingMessage, ServerResponse]
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write('data: 1\n\n')
  const [answer] = (await once(reading, 'response')) as [IncomingMessage]
  answer.setEncoding('utf8')
  expect(await once(answer, 'data')).toEqual(['data: 1\n\n'])
  response.write('data: 2\n\n')
  expect(await once(answer, 'data')).toEqual(['data: 2\n\n'])
  answer.destroy()
  await once(response, 'close')
  await listening.close()
  live.close()
})

describe('transport', () => {
  test('plain HTTP is refused on an address that others can reach', async () => {
    await expect(startGateway(0, undefined, { host: '0.0.0.0' })).rejects.toThrow(
      /Refusing plain HTTP on 0\.0\.0\.0/,
    )
  })

  test('with a certificate the gateway speaks TLS and says so for good', async () => {
    const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
    const [cert, key] = [fixture('localhost.cert.pem'), fixture('localhost.key.pem')]
    const secure = await startGateway(0, undefined, { host: '0.0.0.0', tlsCertFile: cert, tlsKeyFile: key })
    expect(secure.url).toBe(`https://0.0.0.0:${secure.port}`)
    const asking = startSecureRequest(`https://127.0.0.1:${secure.port}/`, { ca: await readFile(cert) })
    asking.end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect(await text(answer)).toContain('SRE Portal')
    await secure.close()
  })
})
