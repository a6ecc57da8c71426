import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { EventStoreDBClient } from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareEventStore } from '@sre-portal/infra/prepareEventStore.ts'
import { all, event, failure, freshStream, numbers, useEmbeddedStore } from './support.ts'

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../infra/gateway/fixtures/localhost.${name}.pem`, import.meta.url))

const store = useEmbeddedStore({ requireAuth: true, passwords: { admin: 'of-admin', ops: 'of-ops' } })
let proxy: Server
const sockets = new Set<Socket>()
const clients: EventStoreDBClient[] = []

/** What a TLS proxy in front of the event store does: it ends TLS and passes the bytes on. */
beforeAll(async () => {
  const options = {
    key: readFileSync(fixture('key')),
    cert: readFileSync(fixture('cert')),
    ALPNProtocols: ['h2'],
  }
  proxy = createServer(options, (secured) => {
    const plain = connect(store.port, '127.0.0.1')
    for (const socket of [secured, plain]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    secured.pipe(plain).pipe(secured)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  for (const client of clients) await client.dispose()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => proxy.close(resolve))
})

function connectAs(credentials: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(addressOf(credentials))
  clients.push(client)
  return client
}

function addressOf(credentials: string): string {
  const { port } = proxy.address() as AddressInfo
  const tls = `tls=true&tlsCAFile=${encodeURIComponent(fixture('cert'))}`
  return `esdb://${credentials}@localhost:${port}?${tls}`
}

describe('Behind a TLS proxy, with authentication', () => {
  it('knows the ordinary client by the credentials of its connection string', async () => {
    const client = connectAs('admin:of-admin')
    const stream = freshStream()
    await client.appendToStream(stream, [event(1), event(2)])
    expect(numbers(await all(client.readStream(stream)))).toEqual([1, 2])
    expect((await all(client.readAll({ maxCount: 1 }))).length).toBe(1)
  })

  it('refuses a wrong password, and keeps $all from operators', async () => {
    const stream = freshStream()
    const refusal = await failure(connectAs('admin:wrong').appendToStream(stream, event(1)))
    expect(String(refusal.message)).toContain('UNAUTHENTICATED')
    expect(await failure(all(connectAs('ops:of-ops').readAll()))).toMatchObject({ type: 'access-denied' })
    expect(await failure(all(connectAs('admin:of-admin').readStream(stream)))).toMatchObject({
      type: 'stream-not-found',
    })
  })
})

describe('Preparing a server for the portal, as its administrator', () => {
  it('gives a user the right to read $all and makes the group, once', async () => {
    const admin = addressOf('admin:of-admin')
    const ops = connectAs('ops:of-ops')
    expect(await failure(all(ops.readAll()))).toMatchObject({ type: 'access-denied' })
    expect(
      await all(prepareEventStore(admin, { name: 'ops', password: undefined, isOperator: false })),
    ).toEqual([
      'EVENTSTORE_PORTAL_PASSWORD is not set, so ops is not created: it has to exist.',
      'ops may read $all now.',
      'The group executors on $all is made.',
    ])
    expect((await all(ops.readAll({ maxCount: 1 }))).length).toBe(1)
    const subscription = ops.subscribeToPersistentSubscriptionToAll('executors')
    await once(subscription, 'confirmation')
    await subscription.unsubscribe()
    expect(
      await all(prepareEventStore(admin, { name: 'ops', password: undefined, isOperator: false })),
    ).toEqual([
      expect.stringContaining('has to exist'),
      'ops may read $all already.',
      'The group executors on $all is there already.',
    ])
    const { metadata } = await connectAs('admin:of-admin').getStreamMetadata('$all')
    expect(metadata).toEqual({ acl: { readRoles: ['$admins', 'ops'] } })
  })

  it('says that it needs an administrator, and what a server without users answers', async () => {
    const steps = (credentials: string) =>
      all(prepareEventStore(addressOf(credentials), { name: 'x', password: 'secret', isOperator: true }))
    expect(await failure(steps('admin:wrong'))).toMatchObject({
      message: expect.stringMatching(/UNAUTH/) as string,
    })
    const direct = `esdb://127.0.0.1:${store.port}?tls=false`
    const [first] = [prepareEventStore(direct, { name: 'x', password: 'secret', isOperator: true })]
    expect((await first?.next())?.value).toMatch(/keeps no users of its own/)
  })
})
