import { Router } from 'express'
import { emptyBodySchema } from '@sre-portal/contracts'
import { ensure, mayUsePortal } from '@sre-portal/domain'
import { answerAccepted, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { asCommand } from '../idempotency.ts'
import { replayParked } from './replayParked.ts'

export function operationsRoutes(context: Context): Router {
  const router = Router()
  router.use((_request, response, next) => {
    ensure(mayUsePortal(signedIn(response).user, 'operate'))
    next()
  })

  router.post('/replay-parked', async (request, response) => {
    emptyBodySchema.parse(request.body)
    const handled = await asCommand(context, request, response, (command) => replayParked(context, command))
    answerAccepted(response, 200, 'operations', handled)
  })

  return router
}
