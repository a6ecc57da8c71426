import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Interception } from '../interception.ts'
import { GrpcCall } from './grpcCall.ts'
import { GrpcError, statusCode } from './grpcStatus.ts'

export type CallHandler = (call: GrpcCall) => void

const keepaliveIntervalMs = 10_000
const keepaliveTimeoutMs = 10_000
const receiveWindowBytes = 4 * 1024 * 1024

export interface GrpcServer {
  accept(socket: Socket): void
  /** Ends every open call with the error chosen for its path, then closes the connections. */
  shutdown(errorFor: (path: string) => GrpcError): Promise<void>
}

export function createGrpcServer(
  handlers: ReadonlyMap<string, CallHandler>,
  refusalOf: Interception['beforeCall'] = () => undefined,
): GrpcServer {
  const sessions = new Set<ServerHttp2Session>()
  const openCalls = new Map<GrpcCall, string>()
  const server = createHttp2Server()

  server.on('session', (session) => {
    sessions.add(session)
    session.setLocalWindowSize(receiveWindowBytes)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => session.destroy())
    keepAlive(session)
  })
  server.on('stream', (stream, headers) => {
    const path = headers[':path'] ?? ''
    const call = new GrpcCall(stream, headers)
    const handler = handlers.get(path)
    if (!handler) {
      call.fail(new GrpcError(statusCode.unimplemented, `The server does not implement the method ${path}`))
      return
    }
    const refusal = refusalOf(path, headers)
    if (refusal) {
      call.fail(refusal)
      return
    }
    openCalls.set(call, path)
    call.onEnded(() => openCalls.delete(call))
    try {
      handler(call)
    } catch (error) {
      call.fail(error)
    }
  })

  return {
    accept: (socket) => {
      server.emit('connection', socket)
    },
    shutdown: async (errorFor) => {
      for (const [call, path] of [...openCalls]) call.fail(errorFor(path))
      await Promise.all([...sessions].map(closeSession))
    },
  }
}

function createHttp2Server(): Http2Server {
  return createServer({
    settings: { initialWindowSize: receiveWindowBytes, maxConcurrentStreams: 10_000 },
    maxSessionMemory: 1024,
  })
}

function keepAlive(session: ServerHttp2Session): void {
  const timer = setInterval(() => {
    // A session that is gone throws out of the timer when it is asked to ping.
    if (session.destroyed || session.closed) return
    const overdue = setTimeout(() => session.destroy(), keepaliveTimeoutMs)
    const sent = session.ping(() => clearTimeout(overdue))
    if (!sent) clearTimeout(overdue)
  }, keepaliveIntervalMs)
  timer.unref()
  session.on('close', () => clearInterval(timer))
}

/** Enough for the last frames; a client that is in the middle of sending keeps its stream open longer. */
const closeGraceMs = 200

async function closeSession(session: ServerHttp2Session): Promise<void> {
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => session.destroy(), closeGraceMs)
    session.on('close', () => {
      clearTimeout(force)
      resolve()
    })
    session.close()
  })
}
