import type { Request, RequestHandler, Response } from 'express'
import { idempotencyKeyHeader, type Accepted, type Actor, type EventMetadata } from '@sre-portal/contracts'
import { actorOf, DomainError, type User } from '@sre-portal/domain'
import { readAccessToken } from '@sre-portal/platform/accessToken'
import { loadUser } from '@sre-portal/platform/aggregates'
import type { Handled } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import { bearerToken } from '@sre-portal/platform/http/bearer'
import { requestIdOf } from '@sre-portal/platform/http/requestId'
import type { Context } from './context.ts'

/** The signed-in person as the event store knows them now, whatever the token was issued for. */
export interface SignedIn {
  user: User
  sessionId: string
}

/** Lets only active users in, by their current state. */
export const authenticate = (context: Context): RequestHandler => {
  return async (request, response, next) => {
    const { userId, sessionId } = readAccessToken(context.jwtSecret, bearerToken(request))
    const { state } = await loadUser(context.store, userId)
    if (!state?.active || (state.demo && !context.demo))
      throw new DomainError('unauthenticated', 'This account is deactivated.')
    response.locals.signedIn = { user: state, sessionId } satisfies SignedIn
    next()
  }
}

/** Who is signed in; only behind `authenticate`. */
export const signedIn = (response: Response): SignedIn => response.locals.signedIn as SignedIn

/** The metadata of events that a signed-in person causes by this HTTP request. */
export const metadataFor = (context: Context, request: Request, actor: Actor): EventMetadata => ({
  actor,
  at: context.now().toISOString(),
  correlationId: requestIdOf(request),
  schemaVersion: currentSchemaVersion,
  ...(request.ip && { sourceAddress: request.ip }),
})

/** The same, with the signed-in person as the actor. */
export const metadataOf = (context: Context, request: Request, response: Response): EventMetadata =>
  metadataFor(context, request, actorOf(signedIn(response).user))

/**
 * The client's Idempotency-Key bound to the person, or a fresh one when there is none.
 * @throws DomainError `invalid` for a key that is too short to be unique or too long to be kept
 */
export function commandKey(context: Context, request: Request, response: Response): string {
  const given = request.get(idempotencyKeyHeader)
  if (given === undefined) return context.newId()
  if (!/^[\w.:-]{16,128}$/.test(given))
    throw new DomainError(
      'invalid',
      `${idempotencyKeyHeader} takes 16 to 128 letters, digits and the characters . : _ -`,
    )
  return `${signedIn(response).user.id}:${given}`
}

/** A path parameter, by name. */
export function pathParameter(request: Request, name: string): string {
  const value = request.params[name]
  if (typeof value !== 'string') throw new Error(`The route has no parameter ${name}`)
  return value
}

/** The id in the path. Anything but a UUID names nothing. @throws DomainError `not_found` */
export function idInPath(request: Request, noun: string): string {
  const id = pathParameter(request, 'id').toLowerCase()
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new DomainError('not_found', `There is no such ${noun}.`)
  return id
}

/** Answers a command that was accepted. */
export function answerAccepted(
  response: Response,
  status: 200 | 201 | 202,
  id: string,
  handled: Handled,
): void {
  const body: Accepted = { id, revision: handled.revision, position: String(handled.position) }
  response.status(status).setHeader('ETag', `"${handled.revision}"`).json(body)
}
