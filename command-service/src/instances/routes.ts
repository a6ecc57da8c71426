import { Router } from 'express'
import {
  changeInstanceSchema,
  emptyBodySchema,
  registerInstanceSchema,
  streamName,
} from '@sre-portal/contracts'
import { decideInstance, ensure, evolveInstance, mayUsePortal, type Instance } from '@sre-portal/domain'
import { loadInstance } from '@sre-portal/platform/aggregates'
import { derivedId, handleCommand } from '@sre-portal/platform/commandHandler'
import { instancePasswordOf, seal } from '@sre-portal/platform/secretBox'
import { answerAccepted, idInPath, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'
import { asCommand } from '../idempotency.ts'
import { createLimiter } from '../limiter.ts'
import { claimName } from './claimName.ts'
import { forgetSealedPassword, storeSealedPassword } from './storedPassword.ts'

export function instanceRoutes(context: Context): Router {
  const router = Router()
  const { activeKeyId } = context.keyRing
  const tests = createLimiter(context.pool, 'throttles', {
    prefix: 'instance tests',
    points: context.bounds.instanceTestsAMinute,
    seconds: 60,
  })
  router.use((_request, response, next) => {
    ensure(mayUsePortal(signedIn(response).user, 'manageInstances'))
    next()
  })

  router.post('/', async (request, response) => {
    const { password, engine, ...settings } = registerInstanceSchema.parse(request.body)
    const { instanceId, handled } = await asCommand(context, request, response, async (command) => {
      const id = derivedId('instance', command.key)
      const done = await handleCommand(context.store, {
        stream: streamName('instance', id),
        load: () => loadInstance(context.store, id),
        decide: async (state) => {
          const events = decideInstance(state, {
            type: 'RegisterInstance',
            instanceId: id,
            engine,
            settings,
            keyId: activeKeyId,
            allowedNetworks: context.allowedNetworks,
          })
          const claim = { name: settings.name, instance: null, instanceId: id }
          await claimName(context, command.metadata, claim)
          return events
        },
        ...command,
      })
      await storePassword(id, password, done.revision)
      return { instanceId: id, handled: done }
    })
    answerAccepted(response, 201, instanceId, handled)
  })

  router.patch('/:id', async (request, response) => {
    const { password, retired = false, ...settings } = changeInstanceSchema.parse(request.body)
    const instanceId = idInPath(request, 'instance')
    const handled = await asCommand(context, request, response, async (command) => {
      const done = await handleCommand(context.store, {
        stream: streamName('instance', instanceId),
        load: () => loadInstance(context.store, instanceId),
        decide: async (state) => {
          const events = decideInstance(state, {
            type: 'ChangeInstance',
            settings: withoutUndefined(settings),
            keyId: password === undefined ? null : activeKeyId,
            retired,
            allowedNetworks: context.allowedNetworks,
          })
          const { name } = settings
          if (name !== undefined)
            await claimName(context, command.metadata, { name, instance: state, instanceId })
          return events
        },
        ...command,
      })
      if (password !== undefined) await storePassword(instanceId, password, done.revision)
      if (retired) await forgetSealedPassword(context.pool, instanceId)
      return done
    })
    answerAccepted(response, 200, instanceId, handled)
  })

  // The executor alone can decrypt, so it does the test and answers by an event.
  router.post('/:id/test', async (request, response) => {
    emptyBodySchema.parse(request.body)
    await tests.take(signedIn(response).user.id)
    const instanceId = idInPath(request, 'instance')
    const handled = await asCommand(context, request, response, (command) =>
      handleCommand(context.store, {
        stream: streamName('instance', instanceId),
        load: () => loadInstance(context.store, instanceId),
        decide: (state) =>
          decideInstance(state, { type: 'RequestInstanceTest', testId: derivedId('test', command.key) }),
        ...command,
      }),
    )
    answerAccepted(response, 202, instanceId, handled)
  })

  /** Seals a password for the place and login that the instance had when it was typed. */
  async function storePassword(instanceId: string, password: string, revision: number): Promise<void> {
    const { state, events } = await loadInstance(context.store, instanceId)
    const then = events
      .filter((event) => event.revision <= revision)
      .reduce<Instance | null>((before, event) => evolveInstance(before, event, event.revision), null)
    if (!state || !then) throw new Error(`instance ${instanceId} has no event up to ${revision}`)
    if (state.retired) return
    await storeSealedPassword(context.pool, instanceId, {
      keyId: activeKeyId,
      sealed: seal(context.keyRing, instancePasswordOf(then), password),
      revision,
    })
  }

  return router
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
const withoutUndefined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>
