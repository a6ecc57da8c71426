import type { Express, Request, Response } from 'express'
import { positionSchema, type LiveMessage } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import type { AccessTokenSubject } from '@sre-portal/platform/accessToken'
import { bearerToken } from '@sre-portal/platform/http/bearer'
import { Throttled } from '@sre-portal/platform/http/problem'
import { z } from 'zod'
import { otherQueryRoutes } from '../api/queryRoutes.ts'
import type { Services } from '../http/asked.ts'
import { currentReader, isSessionOpen, tokenSubject } from '../http/authenticate.ts'
import { readQuery } from '../http/queryParameters.ts'
import type { Hub, Listener } from './hub.ts'

export interface Streaming {
  services: Services
  hub: Hub
  jwtSecret: string
  heartbeatMs: number
}

const streamsPerUser = 10
const mostUnsentBytes = 256 * 1024
const emptyQuerySchema = z.strictObject({})

/** GET /api/stream (server-sent events). */
export function serveStream(app: Express, streaming: Streaming): void {
  const openByUser = new Map<string, number>()
  app.get(otherQueryRoutes.openStream.path, async (request, response) => {
    const subject = tokenSubject(request, streaming.jwtSecret)
    const { userId } = subject
    readQuery(emptyQuerySchema, request)
    const { readModel, now } = streaming.services
    await currentReader(readModel, subject)
    const position = lastEventId(request) ?? (await readModel.position())
    if (request.method === 'HEAD') return void response.type('text/event-stream').end()
    if (response.closed) return
    const open = openByUser.get(userId) ?? 0
    if (open >= streamsPerUser) throw new Throttled(30)
    openByUser.set(userId, open + 1)
    const leave = keepOpen(
      response,
      streaming,
      { subject, position },
      expiryOf(request).getTime() - now().getTime(),
    )
    response.on('close', () => {
      leave()
      openByUser.set(userId, (openByUser.get(userId) ?? 1) - 1)
    })
  })
}

function keepOpen(
  response: Response,
  { hub, heartbeatMs, services }: Streaming,
  { subject, position }: { subject: AccessTokenSubject; position: bigint },
  livesMs: number,
): () => void {
  response.set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  })
  response.flushHeaders()
  response.write(': open\n\n')
  const listener: Listener = {
    userId: subject.userId,
    position,
    send(messages) {
      response.write(framed(messages))
      // Whoever does not read is cut off, and comes back with the last id that arrived.
      if (response.writableLength > mostUnsentBytes) response.destroy()
    },
    end: () => response.end(),
  }
  // A question that fails ends nothing: the next one is soon.
  const beat = async () => {
    if (await isSessionOpen(services.readModel, subject).catch(() => true)) response.write(': still here\n\n')
    else listener.end()
  }
  const heartbeat = setInterval(() => void beat(), heartbeatMs)
  const expiry = setTimeout(() => listener.end(), Math.max(0, livesMs))
  const leave = hub.join(listener)
  return () => {
    clearInterval(heartbeat)
    clearTimeout(expiry)
    leave()
  }
}

// Only the last message carries the id: a client that lost the others asks for all of this moment again.
const framed = (messages: readonly LiveMessage[]): string =>
  messages
    .map((message, index) => {
      const id = index === messages.length - 1 ? `id: ${message.position}\n` : ''
      return `${id}data: ${JSON.stringify(message)}\n\n`
    })
    .join('')

function lastEventId(request: Request): bigint | null {
  const given = request.get('last-event-id')
  if (given === undefined || given === '') return null
  const parsed = positionSchema.safeParse(given)
  if (!parsed.success)
    throw new DomainError('invalid', 'Last-Event-ID must be an id that this stream has sent.')
  return BigInt(parsed.data)
}

const claimsSchema = z.object({ exp: z.number() })

// The token was verified before: here only its end is read.
function expiryOf(request: Request): Date {
  const [, payload = ''] = bearerToken(request).split('.')
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return new Date(claimsSchema.parse(claims).exp * 1000)
}
