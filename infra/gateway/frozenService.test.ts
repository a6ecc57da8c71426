import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as startRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { problemSchema } from '@sre-portal/contracts'
import { createLog } from '@sre-portal/platform/log'
import { listen, type Listening } from '@sre-portal/platform/http/listen'
import { freePort } from '../ports.ts'
import { createGateway } from './app.ts'

const firstByteMs = 700
let portalDir: string
let commands: Service
let queries: Service
let gateway: Listening

interface Service {
  process: ChildProcess
  url: string
}

async function startService(): Promise<Service> {
  const child = fork(fileURLToPath(new URL('./fixtures/service.mjs', import.meta.url)), { silent: true })
  if (!child.stdout) throw new Error('the service says nothing')
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { process: child, url: `http://127.0.0.1:${String(port).trim()}` }
}

const gatewayTo = async (commandServiceUrl: string, queryServiceUrl: string, more = {}) =>
  listen(
    createGateway({
      ...{ log: createLog('gateway', 'silent'), portalDir, trustedProxyHops: 0 },
      ...{ commandServiceUrl, queryServiceUrl, ...more },
    }),
    { host: '127.0.0.1', port: 0, trustedProxyHops: 0 },
  )

beforeAll(async () => {
  portalDir = await mkdtemp(join(tmpdir(), 'portal-'))
  await writeFile(join(portalDir, 'index.html'), '<!doctype html><title>SRE Portal</title>')
  ;[commands, queries] = await Promise.all([startService(), startService()])
  gateway = await gatewayTo(commands.url, queries.url, { firstByteMs })
})
afterEach(() => {
  for (const { process: child } of [commands, queries]) child.kill('SIGCONT')
})
afterAll(async () => {
  await gateway.close()
  for (const { process: child } of [commands, queries]) child.kill('SIGKILL')
  await rm(portalDir, { recursive: true })
})

const problemOf = async (answer: Response) => problemSchema.parse(await answer.json())
const readyz = async (url = gateway.url) => {
  const answer = await fetch(`${url}/readyz`)
  return [answer.status, await answer.json()]
}

describe('a service that stands still', () => {
  test('is told soon of a read, which changed nothing', async () => {
    queries.process.kill('SIGSTOP')
    const startedAt = performance.now()
    const answer = await fetch(`${gateway.url}/api/requests`)
    expect(performance.now() - startedAt).toBeLessThan(firstByteMs + 3_000)
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '2'])
    expect((await problemOf(answer)).detail).toBe(
      'A part of the system does not answer; nothing was changed. Try again.',
    )
    queries.process.kill('SIGCONT')
    expect((await fetch(`${gateway.url}/api/requests`)).status).toBe(200)
  })

  test('is told soon of a command, of which nobody knows whether it took effect', async () => {
    commands.process.kill('SIGSTOP')
    const answer = await fetch(`${gateway.url}/api/requests`, { method: 'POST', body: 'x'.repeat(500_000) })
    expect(answer.status).toBe(503)
    expect((await problemOf(answer)).detail).toContain('it is unknown whether this took effect')
    // Reads go elsewhere.
    expect((await fetch(`${gateway.url}/api/requests`)).status).toBe(200)
  })

  test('makes the gateway unready, which names it', async () => {
    expect(await readyz()).toEqual([200, { ready: true, reasons: [] }])
    queries.process.kill('SIGSTOP')
    await expect
      .poll(readyz, { timeout: 20_000 })
      .toEqual([503, { ready: false, reasons: ['The query service does not answer within 2.5 s.'] }])
    queries.process.kill('SIGCONT')
    commands.process.kill('SIGSTOP')
    await expect
      .poll(readyz, { timeout: 20_000 })
      .toEqual([503, { ready: false, reasons: ['The command service does not answer within 2.5 s.'] }])
    commands.process.kill('SIGCONT')
    await expect.poll(readyz, { timeout: 20_000 }).toEqual([200, { ready: true, reasons: [] }])
  }, 90_000)
})

describe('a service that is slow', () => {
  test('goes on with an answer that it has begun, for as long as it takes', async () => {
    const answer = await fetch(`${gateway.url}/api/slow?ms=${firstByteMs * 2}`)
    expect(await answer.text()).toBe('first last')
  })

  test('keeps live updates open that say nothing for a while', async () => {
    const reading = startRequest(`${gateway.url}/api/stream`).end()
    const [answer] = (await once(reading, 'response')) as [IncomingMessage]
    let isOver = false
    void text(answer)
      .catch(() => undefined)
      .then(() => (isOver = true))
    const later = await fetch(`${gateway.url}/api/slow?ms=${firstByteMs * 2}`)
    await later.text()
    expect(isOver).toBe(false)
    reading.destroy()
  })

  test('is waited for as long as it may take to begin, from when it has the whole request', async () => {
    expect(await (await fetch(`${gateway.url}/api/late?ms=100`)).text()).toBe('late')
    const sending = startRequest(`${gateway.url}/api/requests`, { method: 'POST' })
    sending.write('{')
    // Somebody on a slow line: another request measures the time.
    await (await fetch(`${gateway.url}/api/slow?ms=${firstByteMs * 2}`)).text()
    sending.end('}')
    const [answer] = (await once(sending, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(200)
    answer.resume()
  })
})

test('a service that is not ready, or not there, is named as that', async () => {
  const unready = createServer((_request, response) => void response.writeHead(503).end('{}'))
  unready.listen(0, '127.0.0.1')
  await once(unready, 'listening')
  const address = unready.address()
  const port = typeof address === 'object' ? address?.port : 0
  const other = await gatewayTo(`http://127.0.0.1:${port}`, `http://127.0.0.1:${await freePort()}`)
  expect(await readyz(other.url)).toEqual([
    503,
    { ready: false, reasons: ['The command service is not ready.', 'The query service cannot be reached.'] },
  ])
  expect((await fetch(`${other.url}/livez`)).status).toBe(200)
  await other.close()
  unready.close()
})
