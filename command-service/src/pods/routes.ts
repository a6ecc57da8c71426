import { Router } from 'express'
import { changePodSchema, createPodSchema, podIdSchema, streamName } from '@sre-portal/contracts'
import { decidePod, DomainError, ensure, mayUsePortal, type User } from '@sre-portal/domain'
import { loadPod, loadUser } from '@sre-portal/platform/aggregates'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import { answerAccepted, pathParameter, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { asCommand } from '../idempotency.ts'

export function podRoutes(context: Context): Router {
  const router = Router()
  router.use((_request, response, next) => {
    ensure(mayUsePortal(signedIn(response).user, 'managePods'))
    next()
  })

  router.post('/', async (request, response) => {
    const { id, name, managerId } = createPodSchema.parse(request.body)
    const handled = await asCommand(context, request, response, (command) =>
      handleCommand(context.store, {
        stream: streamName('pod', id),
        load: () => loadPod(context.store, id),
        decide: async (state) =>
          decidePod(state, {
            type: 'CreatePod',
            podId: id,
            name,
            manager: await knownUser(managerId, 'managerId'),
          }),
        ...command,
      }),
    )
    answerAccepted(response, 201, id, handled)
  })

  router.patch('/:id', async (request, response) => {
    const { name, managerId, deputyIds } = changePodSchema.parse(request.body)
    const id = podIdSchema.safeParse(pathParameter(request, 'id')).data
    if (!id) throw new DomainError('not_found', 'There is no such pod.')
    const handled = await asCommand(context, request, response, (command) =>
      handleCommand(context.store, {
        stream: streamName('pod', id),
        load: () => loadPod(context.store, id),
        decide: async (state) =>
          decidePod(state, {
            type: 'ChangePod',
            name,
            manager: managerId === undefined ? undefined : await knownUser(managerId, 'managerId'),
            deputies:
              deputyIds &&
              (await Promise.all([...new Set(deputyIds)].map((one) => knownUser(one, 'deputyIds')))),
          }),
        ...command,
      }),
    )
    answerAccepted(response, 200, id, handled)
  })

  async function knownUser(id: string, path: string): Promise<User> {
    const { state } = await loadUser(context.store, id)
    if (!state)
      throw new DomainError('unprocessable', 'There is no such user.', [
        { path, message: 'There is no such user.' },
      ])
    return state
  }

  return router
}
