import type { Express, Request, Response } from 'express'
import { positionSchema, type LiveMessage } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import type { AccessTokenSubject } from '@sre-portal/platform/accessToken'
import { bearerToken } from '@sre-portal/platform/http/bearer'
import { leaveGate } from '@sre-portal/platform/http/personGate'
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
    const open = openByUser.get(userId) ?? 0
    // Counted before anything is asked of the database.
    if (open >= streamsPerUser) throw new Throttled(30)
    openByUser.set(userId, open + 1)
    try {
      await openStream(request, response, subject)
    } catch (error) {
      close(userId)
      throw error
    }
  })

  const close = (userId: string) => {
    const open = (openByUser.get(userId) ?? 1) - 1
    if (open > 0) openByUser.set(userId, open)
    else openByUser.delete(userId)
  }

  async function openStream(request: Request, response: Response, subject: AccessTokenSubject) {
    const { readModel, now } = streaming.services
    await currentReader(readModel, subject)
    const position = lastEventId(request) ?? (await readModel.position())
    leaveGate(response)
    if (response.closed) return close(subject.userId)
    response.once('close', () => close(subject.userId))
    if (request.method === 'HEAD') return void response.type('text/event-stream').end()
    const livesMs = expiryOf(request).getTime() - now().getTime()
    response.once('close', keepOpen(response, streaming, { subject, position }, livesMs))
  }
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
  // What is written after the end is an error that nobody catches: it would end the service.
  const say = (text: string) => {
    if (!response.writableEnded) response.write(text)
  }
  say(': open\n\n')
  const listener: Listener = {
    userId: subject.userId,
    position,
    send(messages) {
      say(framed(messages))
      // Whoever does not read is cut off, and comes back with the last id that arrived.
      if (response.writableLength > mostUnsentBytes) response.destroy()
    },
    end: () => response.end(),
  }
  // A question that fails ends nothing: the next one is soon.
  const beat = async () => {
    if (await isSessionOpen(services.readModel, subject).catch(() => true)) say(': still here\n\n')
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
