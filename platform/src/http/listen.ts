import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import type { Cut } from '../ending.ts'
import { within } from '../within.ts'

export interface ListenOptions {
  host: string
  port: number
  tlsCertFile?: string | undefined
  tlsKeyFile?: string | undefined
  /** Above 0 a proxy in front is trusted to speak TLS with the world. */
  trustedProxyHops: number
}

/**
 * A listening server: `url` is where it answers. `close` waits for answers that are under way, then ends what is open all the same, and says
 * how much that was.
 */
export interface Listening {
  url: string
  port: number
  server: Server
  close(): Promise<Cut | void>
}

// A request is whole within this time, or its connection ends: unfinished ones would hold memory and sockets for minutes.
const requestMs = 30_000
const lookEveryMs = 5_000
// How long answers that are under way are waited for when the service stops.
const answersMs = 3_000
const tidyEveryMs = 50
// Open pages hold one each for their live updates.
const maxConnections = 4096

/** What an app is told when its service stops, before open connections are waited for. */
export const stopping = 'stopping'

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/**
 * Binds the app. Plain HTTP is served on loopback only, or behind a trusted proxy: tokens must not travel in the clear.
 * @throws Error with words for plain HTTP elsewhere, half a TLS configuration, or a busy port (which it names)
 */
export async function listen(app: Express, options: ListenOptions): Promise<Listening> {
  const { host, port, tlsCertFile, tlsKeyFile } = options
  if (Boolean(tlsCertFile) !== Boolean(tlsKeyFile))
    throw new Error('TLS needs both TLS_CERT_FILE and TLS_KEY_FILE.')
  if (!tlsCertFile && !loopback.has(host) && options.trustedProxyHops === 0)
    throw new Error(
      `Refusing plain HTTP on ${host}: passwords and tokens would travel in the clear. Set TLS_CERT_FILE and TLS_KEY_FILE, ` +
        'or TRUSTED_PROXY_HOPS when a proxy in front speaks TLS, or HOST=127.0.0.1.',
    )
  const server =
    tlsCertFile && tlsKeyFile
      ? createHttpsServer(
          {
            cert: readFileSync(tlsCertFile),
            key: readFileSync(tlsKeyFile),
            minVersion: 'TLSv1.2',
            connectionsCheckingInterval: lookEveryMs,
          },
          app,
        )
      : createHttpServer({ connectionsCheckingInterval: lookEveryMs }, app)
  server.headersTimeout = requestMs
  server.requestTimeout = requestMs
  server.maxConnections = maxConnections
  await bind(server, host, port)
  const bound = (server.address() as AddressInfo).port
  const shownHost = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tlsCertFile ? 'https' : 'http'}://${shownHost}:${bound}`,
    port: bound,
    server,
    close: () => {
      app.emit(stopping)
      return closeServer(server)
    },
  }
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} on ${host} is in use by another program. Stop it, or choose another port with PORT.`,
            )
          : error,
      ),
    )
    server.listen(port, host, resolve)
  })
}

async function closeServer(server: Server): Promise<Cut | void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  // A connection is kept after an answer that was under way: it is idle then, and nothing that would be cut.
  const tidying = setInterval(() => server.closeIdleConnections(), tidyEveryMs)
  const open = await within(answersMs, closed, () => connectionsOf(server))
  clearInterval(tidying)
  if (!open) return
  server.closeAllConnections()
  return { cut: `${open} open ${open === 1 ? 'connection' : 'connections'}` }
}

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
