import { Router } from 'express'
import { changeInstanceSchema, registerInstanceSchema, streamName } from '@sre-portal/contracts'
import { decideInstance, DomainError, ensure, mayUsePortal } from '@sre-portal/domain'
import { loadInstance } from '@sre-portal/platform/aggregates'
import { derivedId, handleCommand } from '@sre-portal/platform/commandHandler'
import { inTransaction, type Connection } from '@sre-portal/platform/postgres'
import { instancePasswordOwner, seal } from '@sre-portal/platform/secretBox'
import { answerAccepted, commandKey, idInPath, metadataOf, signedIn } from '../commanding.ts'
import type { Context } from '../context.ts'

export function instanceRoutes(context: Context): Router {
  const router = Router()
  const { activeKeyId } = context.keyRing
  router.use((_request, response, next) => {
    ensure(mayUsePortal(signedIn(response).user, 'manageInstances'))
    next()
  })

  router.post('/', async (request, response) => {
    const { password, engine, ...settings } = registerInstanceSchema.parse(request.body)
    const key = commandKey(context, request, response)
    const instanceId = derivedId('instance', key)
    ensureNameIsFree(settings.name, instanceId)
    const handled = await inTransaction(context.pool, async (connection) => {
      await storePassword(connection, instanceId, password)
      return handleCommand(context.store, {
        stream: streamName('instance', instanceId),
        load: () => loadInstance(context.store, instanceId),
        decide: (state) =>
          decideInstance(state, {
            type: 'RegisterInstance',
            instanceId,
            engine,
            settings,
            keyId: activeKeyId,
            allowedNetworks: context.allowedNetworks,
          }),
        metadata: metadataOf(context, request, response),
        key,
      })
    })
    answerAccepted(response, 201, instanceId, handled)
  })

  router.patch('/:id', async (request, response) => {
    const { password, retired = false, ...settings } = changeInstanceSchema.parse(request.body)
    const instanceId = idInPath(request, 'instance')
    if (settings.name !== undefined) ensureNameIsFree(settings.name, instanceId)
    const handled = await inTransaction(context.pool, async (connection) => {
      const result = await handleCommand(context.store, {
        stream: streamName('instance', instanceId),
        load: () => loadInstance(context.store, instanceId),
        decide: (state) =>
          decideInstance(state, {
            type: 'ChangeInstance',
            settings: withoutUndefined(settings),
            keyId: password === undefined ? null : activeKeyId,
            retired,
            allowedNetworks: context.allowedNetworks,
          }),
        metadata: metadataOf(context, request, response),
        key: commandKey(context, request, response),
      })
      if (password !== undefined) await storePassword(connection, instanceId, password)
      return result
    })
    answerAccepted(response, 200, instanceId, handled)
  })

  // The executor alone can decrypt, so it does the test and answers by an event.
  router.post('/:id/test', async (request, response) => {
    const instanceId = idInPath(request, 'instance')
    const testId = context.newId()
    const handled = await handleCommand(context.store, {
      stream: streamName('instance', instanceId),
      load: () => loadInstance(context.store, instanceId),
      decide: (state) => decideInstance(state, { type: 'RequestInstanceTest', testId }),
      metadata: metadataOf(context, request, response),
      key: commandKey(context, request, response),
    })
    answerAccepted(response, 202, instanceId, handled)
  })

  function ensureNameIsFree(name: string, instanceId: string): void {
    const other = context.directory.instanceNamed(name)
    if (other && other.id !== instanceId)
      throw new DomainError('conflict', `There is already an instance called ${other.name}.`, [
        { path: 'name', message: 'is taken by another instance' },
      ])
  }

  async function storePassword(connection: Connection, instanceId: string, password: string): Promise<void> {
    // Not an upsert: that would need the right to read ciphertexts, and this service has none.
    await connection.query('delete from record.target_credentials where instance_id = $1', [instanceId])
    await connection.query(
      'insert into record.target_credentials (instance_id, key_id, ciphertext) values ($1, $2, $3)',
      [instanceId, activeKeyId, seal(context.keyRing, instancePasswordOwner(instanceId), password)],
    )
  }

  return router
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
const withoutUndefined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>
