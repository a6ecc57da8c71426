import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { Access, Caller } from '@sre-portal/infra/event-store/security/access.ts'
import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { testDatabase } from './postgres.ts'

const certificate = fileURLToPath(new URL('../../infra/gateway/fixtures/localhost.cert.pem', import.meta.url))
const key = fileURLToPath(new URL('../../infra/gateway/fixtures/localhost.key.pem', import.meta.url))

/** A call of the node's HTTP API, as it came. */
export interface Asked {
  method: string
  path: string
  contentType: string
  body: unknown
}

/**
 * A stand-in for a node that keeps users, behind TLS: `POST /users/` makes one, as the documentation of EventStoreDB 24 says it (201; 409 for a name
 * that is there; 401 for who is no administrator), and whoever it made may sign in by gRPC. What a real node does beyond that it does not show.
 */
export async function userKeepingNode(adminPassword: string) {
  const database = await testDatabase()
  const passwords = { admin: adminPassword, ops: 'of-ops' }
  const made = new Map<string, { caller: Caller; password: string }>()
  const asked: Asked[] = []
  const server = await startEventStore({
    ...{ postgresUrl: database.url, host: '127.0.0.1', port: 0, log: () => undefined },
    ...{ requireAuth: true, passwords, interception: { access: (own) => knowing(own, made) } },
  })
  const users = createHttpServer((request, response) => {
    void answer(request, adminPassword, made, asked).then((status) => response.writeHead(status).end())
  })
  const sockets = new Set<Socket>()
  const proxy = createServer(
    {
      ...{ key: readFileSync(key), cert: readFileSync(certificate) },
      ALPNProtocols: ['h2', 'http/1.1'],
    },
    (secured) => {
      sockets.add(secured)
      secured.on('error', () => undefined)
      if (secured.alpnProtocol !== 'h2') return void users.emit('connection', secured)
      const plain = connect(server.port, '127.0.0.1')
      sockets.add(plain)
      plain.on('error', () => undefined)
      secured.pipe(plain).pipe(secured)
    },
  )
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  return {
    asked,
    /** The address with these credentials, which may hold any characters. */
    addressOf: (name: string, password: string) =>
      `esdb://${encodeURIComponent(name)}:${encodeURIComponent(password)}@localhost:${port}` +
      `?tls=true&tlsCAFile=${encodeURIComponent(certificate)}`,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
      await server.close()
      await database.drop()
    },
  }
}

function knowing(own: Access, made: Map<string, { caller: Caller; password: string }>): Access {
  return {
    ...own,
    identify: (headers) => {
      const { name, password } = credentialsOf(headers)
      const user = made.get(name)
      return user?.password === password ? user.caller : own.identify(headers)
    },
  }
}

async function answer(
  request: IncomingMessage,
  adminPassword: string,
  made: Map<string, { caller: Caller; password: string }>,
  asked: Asked[],
): Promise<number> {
  const { method = '', url: path = '', headers } = request
  const body: unknown = JSON.parse((await text(request)) || 'null')
  asked.push({ method, path, contentType: headers['content-type'] ?? '', body })
  const { name, password } = credentialsOf(headers)
  if (name !== 'admin' || password !== adminPassword) return 401
  if (method !== 'POST' || path !== '/users/') return 404
  const user = body as { loginName: string; groups: string[]; password: string }
  if (made.has(user.loginName)) return 409
  const caller = { name: user.loginName, groups: user.groups }
  made.set(user.loginName, { caller, password: user.password })
  return 201
}

function credentialsOf({ authorization = '' }: IncomingHttpHeaders) {
  const [name = '', ...rest] = Buffer.from(authorization.replace(/^Basic /i, ''), 'base64')
    .toString()
    .split(':')
  return { name, password: rest.join(':') }
}
