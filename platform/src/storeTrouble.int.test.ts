import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, rootCertificates, type Server } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEventStore, type RunningEventStore } from '@sre-portal/infra/event-store/server.ts'
import { testDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { connectEventStore } from './eventStore.ts'

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../infra/gateway/fixtures/localhost.${name}.pem`, import.meta.url))

let database: Awaited<ReturnType<typeof testDatabase>>
let server: RunningEventStore
let secured: Server
const sockets = new Set<Socket>()
const folder = mkdtempSync(join(tmpdir(), 'authority-'))
const otherAuthority = join(folder, 'other.pem')

/** An event store that asks for a login, by plain HTTP/2 and behind TLS. */
beforeAll(async () => {
  writeFileSync(otherAuthority, rootCertificates[0] ?? '')
  database = await testDatabase()
  server = await startEventStore({
    postgresUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    requireAuth: true,
    passwords: { admin: 'of-admin', ops: 'of-ops' },
    log: () => undefined,
  })
  const options = {
    key: readFileSync(fixture('key')),
    cert: readFileSync(fixture('cert')),
    ALPNProtocols: ['h2'],
  }
  secured = createServer(options, (socket) => {
    const plain = connect(server.port, '127.0.0.1')
    for (const each of [socket, plain]) {
      sockets.add(each)
      each.on('error', () => undefined)
    }
    socket.pipe(plain).pipe(socket)
  })
  secured.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => secured.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => secured.close(resolve))
  await server.close()
  await database.drop()
  rmSync(folder, { recursive: true })
})

const tlsPort = () => (secured.address() as AddressInfo).port
const authority = `tlsCaFile=${encodeURIComponent(fixture('cert'))}`
const wrongAuthority = `tlsCaFile=${encodeURIComponent(otherAuthority)}`

it.each<[string, () => string, RegExp | null]>([
  ['is silent where all is well', () => `esdb://admin:of-admin@localhost:${tlsPort()}?${authority}`, null],
  [
    'names the file of the authority that is not there',
    () => `esdb://admin:of-admin@localhost:${tlsPort()}?tlsCaFile=/nowhere/ca.pem`,
    /EVENTSTORE_URL.*tlsCaFile.*\/nowhere\/ca\.pem.*ENOENT/,
  ],
  [
    'names a refused login',
    () => `esdb://admin:wrong@localhost:${tlsPort()}?${authority}`,
    /refused the user name "admin" or its password \(EVENTSTORE_URL\)/,
  ],
  [
    'names the right that is missing',
    () => `esdb://ops:of-ops@localhost:${tlsPort()}?${authority}`,
    /denied access to the user "ops" \(EVENTSTORE_URL\): needs read on \$all/,
  ],
  [
    'names a certificate of another authority',
    () => `esdb://admin:of-admin@localhost:${tlsPort()}?${wrongAuthority}`,
    /\(EVENTSTORE_URL\): localhost:\d+: its certificate is not trusted .*tlsCaFile/,
  ],
  [
    'names it in discovery too, where the client tells nothing',
    () => `esdb+discover://admin:of-admin@localhost:${tlsPort()}?${wrongAuthority}`,
    /\(EVENTSTORE_URL\): localhost:\d+: its certificate is not trusted .*tlsCaFile/,
  ],
  [
    'names a node that speaks TLS',
    () => `esdb://localhost:${tlsPort()}?tls=false`,
    /localhost:\d+ speaks TLS, and EVENTSTORE_URL says tls=false/,
  ],
  [
    'names a node that does not',
    () => `esdb://admin:of-admin@127.0.0.1:${server.port}`,
    /127\.0\.0\.1:\d+: it does not speak TLS .*tls=false/,
  ],
  [
    'names a host that is not there',
    () => 'esdb://nowhere.invalid:2113',
    /nowhere\.invalid:2113: the name was not found/,
  ],
  [
    'names each host of a cluster that refuses',
    () => 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false',
    /127\.0\.0\.1:1: .*refused.*; 127\.0\.0\.1:2: .*refused/,
  ],
])('the trouble with an event store %s', async (_, url, words) => {
  const store = connectEventStore(url())
  try {
    const startedAt = performance.now()
    const trouble = await store.trouble()
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    if (words) expect(trouble).toMatch(words)
    else expect(trouble).toBeNull()
    expect(trouble ?? '').not.toMatch(/of-admin|wrong/)
  } finally {
    await store.close()
  }
})
