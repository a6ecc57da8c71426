import { randomUUID } from 'node:crypto'
import type { Request } from 'express'
import { streamName, type AccessEvent, type Actor, type Login, type Session } from '@sre-portal/contracts'
import { actorOf, canonicalEmail, DomainError, mayUsePortal, type User } from '@sre-portal/domain'
import { signAccessToken } from '@sre-portal/platform/accessToken'
import { loadUser } from '@sre-portal/platform/aggregates'
import { metadataFor } from '../commanding.ts'
import type { Context } from '../context.ts'
import { userIdOf } from '../users/userId.ts'
import { replaceHash, userIdBehind } from './credentials.ts'
import type { Passwords } from './passwords.ts'
import { beginSession, endSession, endSessionById, isSessionOpen, rotate } from './sessions.ts'
import { knownAccount, type KnownAccount } from './settlePassword.ts'
import type { Attempt, LoginThrottle, Taken } from './throttle.ts'

const outdatedPassword =
  'This password was replaced by a later one, which the portal has lost; neither opens the account. Ask an administrator to set a new one.'

/** An attempt that was counted, the account that it was at, and whether the password is the one that is stored. */
interface Judged {
  taken: Taken
  account: KnownAccount | null
  matches: boolean
}

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

  // One answer for every reason: who has an account here is nobody's business.
  const refuse = async (
    request: Request,
    userId: string | null,
    reason: Refusal,
    detail = 'E-mail address or password is wrong.',
  ): Promise<never> => {
    await record(request, userId, { kind: 'anonymous' }, { type: 'LoginRefused', data: { reason } })
    throw new DomainError('unauthenticated', detail)
  }

  /** Counts the attempt, reads the account and judges the password; what could not be judged is not counted. */
  const judge = async (request: Request, attempt: Attempt, id: string, password: string): Promise<Judged> => {
    const { userId } = attempt
    const taken = await throttle.take(attempt, (data) =>
      record(request, userId, { kind: 'anonymous' }, { type: 'LoginThrottled', data }),
    )
    try {
      const account = await knownAccount(context, id)
      const hash = account?.password?.hash ?? null
      return { taken, account, matches: await passwords.verify(id, password, hash, taken.share) }
    } catch (error) {
      await taken.giveBack()
      throw error
    }
  }

  return {
    judge,

    login: async (request: Request, { email, password }: Login): Promise<Session> => {
      const address = request.ip ?? ''
      const canonical = canonicalEmail(email)
      await throttle.ensureWelcome(canonical, address, () => passwords.ensureRoom(address))
      const userId = await userIdBehind(context.pool, canonical)
      // An account whose first hash is not stored yet is found by its stream.
      const attempt = { email: canonical, userId, address }
      const { matches, taken, account } = await judge(
        request,
        attempt,
        userId ?? userIdOf(canonical),
        password,
      )
      if (!account) return refuse(request, null, 'unknown-email')
      const { user, password: stored, isCurrent } = account
      const ofState = stateRefusal(user, context.demo)
      // Who gives the password before the lost one knows that there is an account, and is told what to do.
      if (!isCurrent || !stored)
        return refuse(
          request,
          user.id,
          'password-not-stored',
          matches && !ofState ? outdatedPassword : undefined,
        )
      const refusal = !matches ? 'wrong-password' : ofState
      if (refusal) return refuse(request, user.id, refusal)
      await taken.succeeded(user.id)
      if (passwords.isOutdated(stored.hash)) {
        const hash = await passwords.hash(user.id, password, address)
        await replaceHash(context.pool, user.id, stored.hash, hash)
      }
      const sessionId = context.newId()
      const beginning = { userId: user.id, passwordRevision: stored.revision }
      const refreshToken = await beginSession(context.pool, beginning, sessionId)
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
      const account = await knownAccount(context, userId)
      if (!account || stateRefusal(account.user, context.demo))
        await endSession(context.pool, rotation.refreshToken)
      if (!account || !(await isSessionOpen(context.pool, userId, sessionId)))
        throw new DomainError('unauthenticated', 'This session has ended; sign in again.')
      return sessionOf(account.user, sessionId, rotation.refreshToken)
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
