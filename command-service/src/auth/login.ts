import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import { streamName, type AccessEvent, type Actor, type Login, type Session } from '@sre-portal/contracts'
import { actorOf, canonicalEmail, DomainError, mayUsePortal, type User } from '@sre-portal/domain'
import { signAccessToken } from '@sre-portal/platform/accessToken'
import { loadUser } from '@sre-portal/platform/aggregates'
import { Throttled } from '@sre-portal/platform/http/problem'
import { metadataFor } from '../commanding.ts'
import type { Context } from '../context.ts'
import { findCredentials, replaceHash } from './credentials.ts'
import type { Passwords } from './passwords.ts'
import { beginSession, endSession, endSessionById, rotate } from './sessions.ts'
import type { Attempt, LoginThrottle, Taken } from './throttle.ts'

type Refusal = (AccessEvent & { type: 'LoginRefused' })['data']['reason']

/** Signs people in and out; every success and refusal is an event. */
export function createLogin(context: Context, passwords: Passwords, throttle: LoginThrottle) {
  const record = async (request: Request, userId: string | null, actor: Actor, event: AccessEvent) => {
    const metadata = metadataFor(context, request, actor)
    await context.store.record(streamName('access', userId ?? 'anonymous'), [
      { id: context.newId(), event, metadata },
    ])
  }

  const sessionOf = (user: User, sessionId: string, refreshToken: string): Session => ({
    accessToken: signAccessToken(context.jwtSecret, { userId: user.id, sessionId }, randomUUID()),
    refreshToken,
    user: {
      id: user.id,
      email: user.email,
      name: user.name,
      role: user.role,
      managedPods: context.directory.podsOf(user.id),
    },
  })

  const refuse = async (request: Request, userId: string | null, reason: Refusal): Promise<never> => {
    await record(request, userId, { kind: 'anonymous' }, { type: 'LoginRefused', data: { reason } })
    // One answer for every reason: who has an account here is nobody's business.
    throw new DomainError('unauthenticated', 'E-mail address or password is wrong.')
  }

  /** Counts the attempt and judges the password; what could not be judged is not counted. */
  const judge = async (
    request: Request,
    attempt: Attempt,
    { password, hash }: { password: string; hash: string | null },
  ): Promise<{ matches: boolean; taken: Taken }> => {
    const { userId, email } = attempt
    const taken = await throttle.take(attempt, (data) =>
      record(request, userId, { kind: 'anonymous' }, { type: 'LoginThrottled', data }),
    )
    try {
      return { taken, matches: await passwords.verify(userId ?? email, password, hash, taken.share) }
    } catch (error) {
      if (error instanceof Throttled) await taken.giveBack()
      throw error
    }
  }

  return {
    judge,

    login: async (request: Request, { email, password }: Login): Promise<Session> => {
      const address = request.ip ?? ''
      const account = canonicalEmail(email)
      await throttle.ensureWelcome(account, address, () => passwords.ensureRoom(address))
      const credentials = await findCredentials(context.pool, account)
      const attempt = { email: account, userId: credentials?.userId ?? null, address }
      const { matches, taken } = await judge(request, attempt, {
        password,
        hash: credentials?.hash ?? null,
      })
      const user = credentials && (await loadUser(context.store, credentials.userId)).state
      const refusal = !user ? 'unknown-email' : !matches ? 'wrong-password' : stateRefusal(user, context.demo)
      if (refusal) return refuse(request, user?.id ?? null, refusal)
      if (!user || !credentials) throw new Error('a login without a user was not refused')
      await taken.succeeded(user.id)
      if (passwords.isOutdated(credentials.hash)) {
        const hash = await passwords.hash(user.id, password, address)
        await replaceHash(context.pool, user.id, credentials.hash, hash)
      }
      const sessionId = context.newId()
      const refreshToken = await beginSession(context.pool, credentials, sessionId)
      if (refreshToken === null) return refuse(request, user.id, 'wrong-password')
      await record(request, user.id, actorOf(user), {
        type: 'UserLoggedIn',
        data: { userId: user.id, sessionId },
      })
      return sessionOf(user, sessionId, refreshToken)
    },

    refresh: async (request: Request, token: string): Promise<Session> => {
      const rotation = await rotate(context.pool, context.jwtSecret, token)
      const { userId, sessionId } = rotation
      if (rotation.kind === 'reused') {
        const event: AccessEvent = { type: 'RefreshTokenReused', data: { userId, sessionId } }
        await record(request, userId, { kind: 'anonymous' }, event)
        throw new DomainError(
          'unauthenticated',
          'This session was ended because its refresh token was used twice. Sign in again.',
        )
      }
      const { state } = await loadUser(context.store, userId)
      if (!state || stateRefusal(state, context.demo)) {
        await endSession(context.pool, rotation.refreshToken)
        throw new DomainError('unauthenticated', 'This session has ended; sign in again.')
      }
      return sessionOf(state, sessionId, rotation.refreshToken)
    },

    /** One's own, or as an administrator anybody's. @throws DomainError `not_found` for all others, whether they exist or not */
    endSession: async (request: Request, user: User, sessionId: string): Promise<void> => {
      const isForAnybody = mayUsePortal(user, 'manageUsers').allowed
      const ended = await endSessionById(context.pool, sessionId, isForAnybody ? null : user.id)
      if (!ended) throw new DomainError('not_found', 'There is no such session.')
      await record(request, ended.userId, actorOf(user), { type: 'SessionEnded', data: ended })
    },

    /** False when there was no session to end. */
    logout: async (request: Request, token: string): Promise<boolean> => {
      const ended = await endSession(context.pool, token)
      if (!ended) return false
      const { state } = await loadUser(context.store, ended.userId)
      if (state) await record(request, state.id, actorOf(state), { type: 'UserLoggedOut', data: ended })
      return true
    },
  }
}

function stateRefusal(user: User, demo: boolean): Refusal | null {
  if (!user.active) return 'deactivated'
  return user.demo && !demo ? 'demo-account' : null
}
