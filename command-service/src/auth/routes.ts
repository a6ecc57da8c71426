import { Router } from 'express'
import { changePasswordSchema, loginSchema, refreshSchema, streamName } from '@sre-portal/contracts'
import { decideUser, DomainError } from '@sre-portal/domain'
import { loadUser } from '@sre-portal/platform/aggregates'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import { inTransaction } from '@sre-portal/platform/postgres'
import { answerAccepted, authenticate, commandKey, metadataOf, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { passwordHashOf, storePasswordHash } from './credentials.ts'
import { createLogin } from './login.ts'
import { ensureUncommon, type Passwords } from './passwords.ts'
import { endSessionsOf } from './sessions.ts'
import { createLoginThrottle } from './throttle.ts'

export function authRoutes(context: Context, passwords: Passwords): Router {
  const router = Router()
  const throttle = createLoginThrottle(context.pool)
  const { login, refresh, logout } = createLogin(context, passwords, throttle)

  router.post('/login', async (request, response) => {
    response.json(await login(request, loginSchema.parse(request.body)))
  })

  router.post('/refresh', async (request, response) => {
    response.json(await refresh(request, refreshSchema.parse(request.body).refreshToken))
  })

  router.post('/logout', async (request, response) => {
    await logout(request, refreshSchema.parse(request.body).refreshToken)
    response.status(204).end()
  })

  router.post('/password', authenticate(context), async (request, response) => {
    const { currentPassword, newPassword } = changePasswordSchema.parse(request.body)
    const { user, sessionId } = signedIn(response)
    await throttle.ensureOpen(user.email, request.ip ?? '')
    if (!(await passwords.verify(user.id, currentPassword, await passwordHashOf(context.pool, user.id)))) {
      await throttle.countRefusal(user.email, request.ip ?? '')
      throw new DomainError('unprocessable', 'The current password is wrong; nothing was changed.', [
        { path: 'currentPassword', message: 'is wrong' },
      ])
    }
    ensureUncommon(newPassword)
    const hash = await passwords.hash(user.id, newPassword)
    const handled = await inTransaction(context.pool, async (connection) => {
      await storePasswordHash(connection, user, hash)
      await endSessionsOf(connection, user.id, sessionId)
      return handleCommand(context.store, {
        stream: streamName('user', user.id),
        load: () => loadUser(context.store, user.id),
        decide: (state) => decideUser(state, { type: 'ChangeUser', passwordChanged: true }),
        metadata: metadataOf(context, request, response),
        key: commandKey(context, request, response),
      })
    })
    answerAccepted(response, 200, user.id, handled)
  })

  return router
}
