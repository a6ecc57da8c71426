import type { Request, RequestHandler, Response } from 'express'
import type { Accepted, Actor, EventMetadata } from '@sre-portal/contracts'
import { actorOf, DomainError, type User } from '@sre-portal/domain'
import { readAccessToken } from '@sre-portal/platform/accessToken'
import { loadUser } from '@sre-portal/platform/aggregates'
import type { Handled } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import { bearerToken } from '@sre-portal/platform/http/bearer'
import { requestIdOf } from '@sre-portal/platform/http/requestId'
import { isSessionOpen, openSession } from './auth/sessions.ts'
import { isOfLastPassword, settlePassword } from './auth/settlePassword.ts'
import type { Context } from './context.ts'

/** The signed-in person as the event store knows them now, whatever the token was issued for. */
export interface SignedIn {
  user: User
  /** Of the user's stream, as it was read. */
  revision: number
  sessionId: string
}

/** Lets only active users in, by their current state. */
export const authenticate = (context: Context): RequestHandler => {
  return async (request, response, next) => {
    const { userId, sessionId } = readAccessToken(context.jwtSecret, bearerToken(request))
    const [{ state, revision, events }, session] = await Promise.all([
      loadUser(context.store, userId),
      openSession(context.pool, userId, sessionId),
    ])
    const isOpen = session !== null && isOfLastPassword(events, session.password)
    if (!isOpen && !(session && (await isOpenWhenSettled(context, userId, sessionId))))
      throw new DomainError('unauthenticated', 'This session has ended; sign in again.')
    if (!state?.active || (state.demo && !context.demo))
      throw new DomainError('unauthenticated', 'This account is deactivated.')
    response.locals.signedIn = { user: state, revision, sessionId } satisfies SignedIn
    next()
  }
}

// The session may have begun with a password that no longer is one, which nobody has settled yet.
async function isOpenWhenSettled(context: Context, userId: string, sessionId: string): Promise<boolean> {
  await settlePassword(context, userId)
  return isSessionOpen(context.pool, userId, sessionId)
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
