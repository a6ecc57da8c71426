import { Router, type Request, type RequestHandler } from 'express'
import { changeUserSchema, confirmUserSchema, registerUserSchema, streamName } from '@sre-portal/contracts'
import { decideUser, DomainError, ensure, isDemoAddress, mayUsePortal } from '@sre-portal/domain'
import { loadUser } from '@sre-portal/platform/aggregates'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import { ensureHardToGuess } from '../auth/passwordRules.ts'
import type { Passwords } from '../auth/passwords.ts'
import { endSessionsOf } from '../auth/sessions.ts'
import { prepareFor, settlePassword } from '../auth/settlePassword.ts'
import { answerAccepted, idInPath, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { asCommand } from '../idempotency.ts'
import { ensureDirectoryIsRead, noteAdministrator, releaseAdministrator } from './administrators.ts'
import { userIdOf } from './userId.ts'

export function userRoutes(context: Context, passwords: Passwords): Router {
  const router = Router()
  router.use(administratorsOnly)

  router.post('/', async (request, response) => {
    const { email, name, role, password } = registerUserSchema.parse(request.body)
    ensureHardToGuess(password, { email, name })
    const demo = isDemoAddress(email)
    if (demo && !context.demo)
      throw new DomainError('unprocessable', 'Addresses at demo.example are for the demonstration only.', [
        { path: 'email', message: 'is a demonstration address' },
      ])
    const userId = userIdOf(email)
    const next = { hash: await passwords.hash(userId, password, request.ip ?? ''), keptSessionId: null }
    const handled = await asCommand(context, request, response, async (command) => {
      if (role === 'ADMIN') await ensureDirectoryIsRead(context)
      const done = await handleCommand(context.store, {
        stream: streamName('user', userId),
        load: () => loadUser(context.store, userId),
        decide: async (state) => {
          const events = decideUser(state, { type: 'RegisterUser', userId, email, name, role, demo })
          await prepareFor(context, { userId, key: command.key, events }, next)
          return events
        },
        ...command,
      })
      if (role === 'ADMIN') await noteAdministrator(context, command.metadata, userId)
      await settlePassword(context, userId, { ...next, revision: done.revision })
      return done
    })
    answerAccepted(response, 201, userId, handled)
  })

  router.patch('/:id', async (request, response) => {
    const { password, ...change } = changeUserSchema.parse(request.body)
    const userId = idInPath(request, 'user')
    const self = signedIn(response).user.id === userId
    if (self && (change.active === false || (change.role !== undefined && change.role !== 'ADMIN')))
      throw new DomainError(
        'conflict',
        'You cannot take your own administration away; another administrator has to.',
      )
    const next =
      password === undefined ? null : { hash: await hashFor(request, userId, password), keptSessionId: null }
    const handled = await asCommand(context, request, response, async (command) => {
      await ensureDirectoryIsRead(context)
      const done = await handleCommand(context.store, {
        stream: streamName('user', userId),
        load: () => loadUser(context.store, userId),
        decide: async (state) => {
          const events = decideUser(state, {
            type: 'ChangeUser',
            ...change,
            passwordChanged: next !== null,
          })
          const isReleased = change.active === false || (change.role !== undefined && change.role !== 'ADMIN')
          if (state?.active && state.role === 'ADMIN' && isReleased)
            await releaseAdministrator(context, command.metadata, userId)
          if (next) await prepareFor(context, { userId, key: command.key, events }, next)
          return events
        },
        ...command,
      }).finally(() => noteAdministrator(context, command.metadata, userId))
      if (next) await settlePassword(context, userId, { ...next, revision: done.revision })
      const { state } = await loadUser(context.store, userId)
      if (state && !state.active) await endSessionsOf(context.pool, userId, null)
      return done
    })
    answerAccepted(response, 200, userId, handled)
  })

  router.post('/:id/confirm', async (request, response) => {
    const { asOf } = confirmUserSchema.parse(request.body)
    const userId = idInPath(request, 'user')
    const confirmerId = signedIn(response).user.id
    const handled = await asCommand(context, request, response, (command) =>
      handleCommand(context.store, {
        stream: streamName('user', userId),
        load: () => loadUser(context.store, userId),
        decide: (state) => decideUser(state, { type: 'ConfirmUser', confirmerId, asOf }),
        ...command,
      }),
    )
    answerAccepted(response, 200, userId, handled)
  })

  async function hashFor(request: Request, userId: string, password: string): Promise<string> {
    const { state } = await loadUser(context.store, userId)
    if (!state) throw new DomainError('not_found', 'There is no such user.')
    ensureHardToGuess(password, state)
    return passwords.hash(userId, password, request.ip ?? '')
  }

  return router
}

const administratorsOnly: RequestHandler = (_request, response, next) => {
  ensure(mayUsePortal(signedIn(response).user, 'manageUsers'))
  next()
}
