import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { createLog } from '@sre-portal/platform/log'
import { listen, type Listening } from '@sre-portal/platform/http/listen'
import { createGateway } from './app.ts'
import { boundConnectionsAnAddress } from './perAddress.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function startGateway(requestsAnAddress: number): Promise<{ gateway: Listening; letGo: () => void }> {
  const held: (() => void)[] = []
  const service = createServer((_request, response) => void held.push(() => response.end('{}')))
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  closing.push(() => void service.close())
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const portalDir = await mkdtemp(join(tmpdir(), 'portal-'))
  closing.push(() => rm(portalDir, { recursive: true }))
  await writeFile(join(portalDir, 'index.html'), '<!doctype html><title>SRE Portal</title>')
  const app = createGateway({
    log: createLog('gateway', 'silent'),
    commandServiceUrl: url,
    queryServiceUrl: url,
    portalDir,
    trustedProxyHops: 1,
    requestsAnAddress,
  })
  const gateway = await listen(app, { host: '127.0.0.1', port: 0, trustedProxyHops: 1 })
  closing.push(async () => void (await gateway.close()))
  return { gateway, letGo: () => held.splice(0).forEach((go) => go()) }
}

test('an address has so many requests under way, and another one is answered all the same', async () => {
  const { gateway, letGo } = await startGateway(3)
  const ask = (address: string) =>
    fetch(`${gateway.url}/api/requests`, {
      headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' },
    })
  const all = Array.from({ length: 8 }, () => ask('203.0.113.7'))
  const refused: Response[] = []
  for (const one of all) void one.then((answer) => answer.status === 429 && refused.push(answer))
  await vi.waitFor(() => expect(refused).toHaveLength(5), 10_000)
  expect(refused[0]?.headers.get('retry-after')).toBe('1')
  expect(await refused[0]?.json()).toMatchObject({
    code: 'throttled',
    detail: expect.stringContaining('nothing was done') as string,
  })
  // The service answers what it has, again and again.
  const answering = setInterval(letGo, 20)
  closing.push(() => clearInterval(answering))
  expect((await ask('203.0.113.8')).status).toBe(200)
  expect((await Promise.all(all)).filter(({ status }) => status === 200)).toHaveLength(3)
  await vi.waitFor(async () => expect((await ask('203.0.113.7')).status).toBe(200), 10_000)
})

test('an address has so many connections, and room again when one ends', async () => {
  const server = createServer((_request, response) => void response.end('here'))
  boundConnectionsAnAddress(server, 2)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => void server.close())
  const { port } = server.address() as AddressInfo
  const open = async () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const first = await Promise.race([once(socket, 'data'), once(socket, 'close')])
    return { socket, answered: Buffer.isBuffer(first[0]) }
  }
  const [one, two] = [await open(), await open()]
  expect([one.answered, two.answered, (await open()).answered]).toEqual([true, true, false])
  one.socket.destroy()
  const again = await vi.waitFor(async () => {
    const tried = await open()
    expect(tried.answered).toBe(true)
    return tried
  }, 10_000)
  again.socket.destroy()
  two.socket.destroy()
})

test('what the gateway itself refuses comes at a pace after the first of a second', async () => {
  const { gateway, letGo } = await startGateway(3)
  const ask = (path: string, address: string, method = 'GET') =>
    fetch(`${gateway.url}${path}`, {
      method,
      headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' },
    })
  const began = performance.now()
  const told: number[] = []
  const statuses = await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const answer = await (n % 2 === 0
        ? ask('/assets/gone.js', '203.0.113.7')
        : ask('/x', '203.0.113.7', 'PROPFIND'))
      told.push(performance.now() - began)
      return answer.status
    }),
  )
  expect(new Set(statuses)).toEqual(new Set([404, 405]))
  expect(told.filter((ms) => ms > 950).length).toBeGreaterThanOrEqual(20)
  const answering = setInterval(letGo, 20)
  closing.push(() => clearInterval(answering))
  expect((await ask('/api/requests', '203.0.113.7')).status).toBe(200)
}, 30_000)
