import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { parseNetworks } from '@sre-portal/domain'
import { PostgresSession } from './session.ts'

const password = 'the-secret-that-must-not-travel'
const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

/** A server that asks for the password in a way of its choice, and keeps what it is sent. */
async function askingServer(authentication: Buffer) {
  const received: Buffer[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      if (received.length === 0) {
        const message = Buffer.alloc(5 + authentication.length)
        message.write('R')
        message.writeInt32BE(4 + authentication.length, 1)
        authentication.copy(message, 5)
        socket.write(message)
      }
      received.push(chunk)
    })
  })
  await new Promise<void>((bound) => server.listen(0, '127.0.0.1', bound))
  closers.push(() => server.close())
  const closed = new Promise<void>((resolve) =>
    server.on('connection', (socket) => socket.on('close', resolve)),
  )
  return { port: (server.address() as AddressInfo).port, received, closed }
}

const open = (port: number) =>
  PostgresSession.open(
    { host: '127.0.0.1', port, tls: false, database: 'orders', username: 'app', password },
    {
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 5_000,
      lockTimeoutMs: 5_000,
      addresses: { allowed: parseNetworks('127.0.0.0/8'), own: [] },
    },
    'test',
  )

describe('without TLS', () => {
  it.each([
    ['as it is', Buffer.from([0, 0, 0, 3])],
    ['as MD5', Buffer.from([0, 0, 0, 5, 1, 2, 3, 4])],
  ])('no password goes to a server that asks for it %s', async (_name, authentication) => {
    const { port, received, closed } = await askingServer(authentication)
    await expect(open(port)).rejects.toThrow('without verified TLS: it was not sent')
    await closed
    // The start-up message, and nothing after it.
    expect(received).toHaveLength(1)
    expect(Buffer.concat(received).toString('latin1')).not.toContain(password)
    expect(Buffer.concat(received).toString('latin1')).not.toContain('md5')
  })
})
