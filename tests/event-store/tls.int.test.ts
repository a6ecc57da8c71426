import { readFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { EventStoreDBClient } from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, event, failure, freshStream, numbers, useEventStore } from './support.ts'

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../infra/gateway/fixtures/localhost.${name}.pem`, import.meta.url))

const store = useEventStore({ requireAuth: true, passwords: { admin: 'of-admin', ops: 'of-ops' } })
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
  const { port } = proxy.address() as AddressInfo
  const tls = `tls=true&tlsCAFile=${encodeURIComponent(fixture('cert'))}`
  const client = EventStoreDBClient.connectionString(`esdb://${credentials}@localhost:${port}?${tls}`)
  clients.push(client)
  return client
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
