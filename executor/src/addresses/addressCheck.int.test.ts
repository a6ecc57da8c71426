import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { platform } from 'node:os'
import { parseNetworks } from '@sre-portal/domain'
import { BSON } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MongoConnection } from '../mongo/connection.ts'
import { TargetUnreachable } from '../postgres/databaseError.ts'
import { PostgresSession } from '../postgres/session.ts'
import { addressCheck, AddressRefused, checkedLookup } from './addressCheck.ts'
import { thisMachine } from '../testing/thisMachine.ts'
import type { AddressRules } from './addressRules.ts'

const strict: AddressRules = { allowed: parseNetworks(''), own: [] }
const refusedAsOwnMachine = new TargetUnreachable(
  'The address of this instance is not reached: it is the machine of the executor itself.',
  true,
)
const connectTimeoutMs = 1500
const login = { database: 'x', username: 'u', password: 'p' }

/** A server that counts its connections and what it is sent. */
class Listener {
  connections = 0
  received = 0
  readonly #server: Server

  private constructor(answer: (socket: Socket, message: Buffer) => void) {
    this.#server = createServer((socket) => {
      this.connections += 1
      socket.on('error', () => undefined)
      socket.on('data', (message) => {
        this.received += message.length
        answer(socket, message)
      })
    })
  }

  static async open(
    host = '127.0.0.1',
    answer: (socket: Socket, message: Buffer) => void = () => undefined,
  ): Promise<Listener> {
    const listener = new Listener(answer)
    listener.#server.listen(0, host)
    await once(listener.#server, 'listening')
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
  }
}

let listener: Listener
beforeEach(async () => {
  listener = await Listener.open()
})
afterEach(() => listener.close())

const postgres = (host: string, addresses: AddressRules = strict) =>
  PostgresSession.open(
    { host, port: listener.port, tls: false, ...login },
    { connectTimeoutMs, statementTimeoutMs: 1000, lockTimeoutMs: 1000, addresses },
    'test',
  )
const mongo = (uri: string, addresses: AddressRules = strict) =>
  MongoConnection.open(
    { endpoint: { kind: 'uri', uri }, ...login, username: '', addresses },
    connectTimeoutMs,
    'test',
  )

describe('PostgreSQL', () => {
  test.each([
    ...['127.0.0.1', '::1', '::ffff:127.0.0.1', '0.0.0.0', '::'],
    ...['localhost', '2130706433', '127.1', '0x7f000001'],
  ])('the host %s is not connected to', async (host) => {
    await expect(postgres(host)).rejects.toEqual(refusedAsOwnMachine)
    expect(listener.connections).toBe(0)
  })

  test.each(['/var/run/postgresql', '@abstract', '%2Ftmp'])('the socket %s is no host', async (host) => {
    await expect(postgres(host)).rejects.toThrow(
      'The host of this instance is neither a name nor an address.',
    )
  })

  test('what is allowed is connected to, by its name too', async () => {
    await expect(postgres('localhost', thisMachine)).rejects.toThrow(
      'The database server did not answer in time.',
    )
    expect(listener.connections).toBe(1)
    expect(listener.received).toBeGreaterThan(0)
  })

  test("the portal's own PostgreSQL is no target, by no name of it", async () => {
    const rules = { allowed: parseNetworks('::1/128'), own: [{ host: 'localhost', port: listener.port }] }
    for (const host of ['127.0.0.1', '127.1'])
      await expect(postgres(host, rules)).rejects.toThrow('it is a part of the portal itself')
    expect(listener.connections).toBe(0)
  })
})

test('a name that leads elsewhere when it is connected to than when it was checked is refused by the socket', async () => {
  const lookup = checkedLookup(await addressCheck(strict), () => [listener.port])
  for (const autoSelectFamily of [true, false]) {
    const socket = connect({ host: 'localhost', port: listener.port, lookup, autoSelectFamily })
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error).toBeInstanceOf(AddressRefused)
  }
  expect(listener.connections).toBe(0)
})

describe('MongoDB', () => {
  test.each([
    'mongodb://127.0.0.1:$port/',
    'mongodb://localhost:$port/',
    'mongodb://[::1]:$port/',
    'mongodb://203.0.113.1:27017,localhost:$port/?replicaSet=rs',
    'mongodb://2130706433:$port/',
  ])('%s is not connected to', async (uri) => {
    const began = Date.now()
    await expect(mongo(uri.replace('$port', String(listener.port)))).rejects.toEqual(refusedAsOwnMachine)
    expect(listener.connections).toBe(0)
    expect(Date.now() - began).toBeLessThan(connectTimeoutMs / 2)
  })

  test('an instance by host and port is checked too', async () => {
    const endpoint = { kind: 'host' as const, host: 'localhost', port: listener.port, tls: false }
    const opening = MongoConnection.open({ endpoint, ...login, addresses: strict }, connectTimeoutMs, 'test')
    await expect(opening).rejects.toEqual(refusedAsOwnMachine)
    expect(listener.connections).toBe(0)
  })

  test.skipIf(platform() !== 'linux').each(['127.0.0.1', 'localhost'])(
    'a member %s that only the servers name is not spoken to (needs a second address of this machine: Linux)',
    async (member) => {
      const hostile: Listener = await Listener.open('127.0.0.2', (socket, message) =>
        answerHello(socket, message, [`127.0.0.2:${hostile.port}`, `${member}:${listener.port}`]),
      )
      const rules = { allowed: parseNetworks('127.0.0.2/32'), own: [] }
      const opening = mongo(`mongodb://127.0.0.2:${hostile.port}/?replicaSet=rs`, rules)
      await expect(opening).rejects.toEqual(refusedAsOwnMachine)
      expect(hostile.received).toBeGreaterThan(0)
      expect(listener.received).toBe(0)
      hostile.close()
    },
  )
})

/** Answers `hello` as a secondary of a replica set of these members (MongoDB wire protocol: OP_QUERY by OP_REPLY, OP_MSG by OP_MSG). */
function answerHello(socket: Socket, message: Buffer, hosts: string[]): void {
  const asked = message.readInt32LE(4)
  const byQuery = message.readInt32LE(12) === 2004
  const hello = {
    ok: 1,
    isWritablePrimary: false,
    secondary: true,
    setName: 'rs',
    setVersion: 1,
    hosts,
    me: hosts[0],
    minWireVersion: 8,
    maxWireVersion: 21,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
  }
  const body = Buffer.concat([byQuery ? replyHead() : Buffer.alloc(5), BSON.serialize(hello)])
  const head = Buffer.alloc(16)
  head.writeInt32LE(16 + body.length, 0)
  head.writeInt32LE(1, 4)
  head.writeInt32LE(asked, 8)
  head.writeInt32LE(byQuery ? 1 : 2013, 12)
  socket.write(Buffer.concat([head, body]))
}

function replyHead(): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(1, 16)
  return head
}
