import { tellRefusal } from '@sre-portal/platform/http/tellRefusal'
import { Router, type Request } from 'express'
import {
  changePasswordSchema,
  emptyBodySchema,
  loginSchema,
  refreshSchema,
  streamName,
} from '@sre-portal/contracts'
import { decideUser, DomainError, type User } from '@sre-portal/domain'
import { loadUser } from '@sre-portal/platform/aggregates'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import { answerAccepted, authenticate, idInPath, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { asCommand } from '../idempotency.ts'
import { createLogin } from './login.ts'
import { ensureAnother, ensureHardToGuess } from './passwordRules.ts'
import type { Passwords } from './passwords.ts'
import { prepareFor, settlePassword } from './settlePassword.ts'
import { createLoginThrottle } from './throttle.ts'

export function authRoutes(context: Context, passwords: Passwords): Router {
  const router = Router()
  const throttle = createLoginThrottle(context.pool)
  const { login, refresh, logout, endSession, judge } = createLogin(context, passwords, throttle)

  router.post('/login', async (request, response) => {
    response.json(await login(request, loginSchema.parse(request.body)))
  })

  router.post('/refresh', async (request, response) => {
    response.json(await refresh(request, refreshSchema.parse(request.body).refreshToken))
  })

  router.post('/logout', async (request, response) => {
    const hasEnded = await logout(request, refreshSchema.parse(request.body).refreshToken)
    const answer = () => void response.status(204).end()
    // Anybody may ask this of tokens that never were.
    if (hasEnded) answer()
    else tellRefusal(response, answer)
  })

  router.post('/sessions/:id/end', authenticate(context), async (request, response) => {
    emptyBodySchema.parse(request.body)
    await endSession(request, signedIn(response).user, idInPath(request, 'session'))
    response.status(204).end()
  })

  router.post('/password', authenticate(context), async (request, response) => {
    const { currentPassword, newPassword } = changePasswordSchema.parse(request.body)
    const { user, sessionId } = signedIn(response)
    ensureHardToGuess(newPassword, user, 'newPassword')
    ensureAnother(newPassword, currentPassword)
    const hash = await passwords.hash(user.id, newPassword, request.ip ?? '')
    const next = { hash, keptSessionId: sessionId }
    const handled = await asCommand(context, request, response, async (command) => {
      const done = await handleCommand(context.store, {
        stream: streamName('user', user.id),
        load: () => loadUser(context.store, user.id),
        // Not asked when an earlier answer is given again: by then the password that was the current one no longer is.
        decide: async (state) => {
          await ensureCurrent(request, user, currentPassword)
          const events = decideUser(state, { type: 'ChangeUser', passwordChanged: true })
          await prepareFor(context, { userId: user.id, key: command.key, events }, next)
          return events
        },
        ...command,
      })
      await settlePassword(context, user.id, { ...next, revision: done.revision })
      return done
    })
    answerAccepted(response, 200, user.id, handled)
  })

  async function ensureCurrent(request: Request, user: User, password: string): Promise<void> {
    const attempt = { email: user.email, userId: user.id, address: request.ip ?? '' }
    const { matches, taken, account } = await judge(request, attempt, user.id, password)
    if (!matches || !account?.isCurrent)
      throw new DomainError('unprocessable', 'The current password is wrong; nothing was changed.', [
        { path: 'currentPassword', message: 'is wrong' },
      ])
    await taken.succeeded(user.id)
  }

  return router
}
