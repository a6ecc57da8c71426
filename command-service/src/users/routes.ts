import { Router, type RequestHandler } from 'express'
import { changeUserSchema, registerUserSchema, streamName } from '@sre-portal/contracts'
import {
  canonicalEmail,
  decideUser,
  DomainError,
  ensure,
  isDemoAddress,
  mayUsePortal,
} from '@sre-portal/domain'
import { loadUser } from '@sre-portal/platform/aggregates'
import { derivedId, handleCommand } from '@sre-portal/platform/commandHandler'
import { inTransaction } from '@sre-portal/platform/postgres'
import { storePasswordHash } from '../auth/credentials.ts'
import { ensureUncommon, type Passwords } from '../auth/passwords.ts'
import { endSessionsOf } from '../auth/sessions.ts'
import { answerAccepted, commandKey, idInPath, metadataOf, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'

/** The id of the account with this address: derived from it, so that the stream itself keeps addresses unique. */
export const userIdOf = (email: string): string => derivedId('user', canonicalEmail(email))

export function userRoutes(context: Context, passwords: Passwords): Router {
  const router = Router()
  router.use(administratorsOnly)

  router.post('/', async (request, response) => {
    const { email, name, role, password } = registerUserSchema.parse(request.body)
    ensureUncommon(password)
    const demo = isDemoAddress(email)
    if (demo && !context.demo)
      throw new DomainError('unprocessable', 'Addresses at demo.example are for the demonstration only.', [
        { path: 'email', message: 'is a demonstration address' },
      ])
    const userId = userIdOf(email)
    const hash = await passwords.hash(userId, password)
    const handled = await inTransaction(context.pool, async (connection) => {
      const result = await handleCommand(context.store, {
        stream: streamName('user', userId),
        load: () => loadUser(context.store, userId),
        decide: (state) => decideUser(state, { type: 'RegisterUser', userId, email, name, role, demo }),
        metadata: metadataOf(context, request, response),
        key: commandKey(context, request, response),
      })
      await storePasswordHash(connection, { id: userId, email: canonicalEmail(email) }, hash)
      return result
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
    if (password !== undefined) ensureUncommon(password)
    const hash = password === undefined ? null : await passwords.hash(userId, password)
    const handled = await inTransaction(context.pool, async (connection) => {
      const result = await handleCommand(context.store, {
        stream: streamName('user', userId),
        load: () => loadUser(context.store, userId),
        decide: (state) =>
          decideUser(state, { type: 'ChangeUser', ...change, passwordChanged: hash !== null }),
        metadata: metadataOf(context, request, response),
        key: commandKey(context, request, response),
      })
      if (hash !== null) {
        const { state } = await loadUser(context.store, userId)
        if (state) await storePasswordHash(connection, state, hash)
      }
      if (hash !== null || change.active === false) await endSessionsOf(connection, userId, null)
      return result
    })
    answerAccepted(response, 200, userId, handled)
  })

  return router
}

const administratorsOnly: RequestHandler = (_request, response, next) => {
  ensure(mayUsePortal(signedIn(response).user, 'manageUsers'))
  next()
}
