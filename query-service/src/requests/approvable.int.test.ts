import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestDetailSchema, type DomainEvent } from '@sre-portal/contracts'
import { inQuestion, mayApprove, nobodyKnown } from '@sre-portal/domain'
import { loadInstance, loadPod, loadRequest, loadUser } from '@sre-portal/platform/aggregates'
import { submittedEnvironment } from '@sre-portal/platform/submittedEnvironment'
import { as } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { startWorld, type World } from '../../test/world.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let world: World
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  world = await startWorld(database.urls, eventStore.connectionString)
})
afterAll(async () => {
  await world.stop()
  await eventStore.close()
  await database.drop()
})

const settings = {
  name: 'target',
  environment: 'production' as const,
  endpoint: { kind: 'host' as const, host: 'db.internal', port: 5432, tls: true },
  databases: ['orders'],
  username: 'app_rw',
}
const changed = (change: object): DomainEvent => ({
  type: 'InstanceChanged',
  data: { ...settings, ...change },
})

/** What the page's button says of a request on this instance, and what the command would answer from the streams. */
async function asked(
  happens: (instance: string, requester: string) => Promise<bigint>,
  environment?: 'production',
) {
  const requester = await world.write.user(`Asker ${randomUUID().slice(0, 8)}`, 'DEVELOPER')
  const instance = await world.write.instance('target')
  const id = await world.write.submit(requester, world.payments, instance, {
    ...(environment && { environment }),
  })
  await world.reached(await happens(instance, requester.id))
  const { body } = await world.get(`/api/requests/${id}`, world.grace)
  const { actions } = requestDetailSchema.parse(body)

  const [request, grace, asker, pod, target] = await Promise.all([
    loadRequest(world.store, id),
    loadUser(world.store, world.grace.id),
    loadUser(world.store, requester.id),
    loadPod(world.store, world.payments),
    loadInstance(world.store, instance),
  ])
  if (!request.state || !grace.state) throw new Error('not written')
  const command = mayApprove(grace.state, inQuestion(request.state), pod.state, nobodyKnown, {
    submitted: {
      ...request.state,
      environment: await submittedEnvironment(world.store, request.state, target),
    },
    instance: target.state,
    requester: asker.state,
  })
  return {
    actions,
    name: requester.name,
    command: command.allowed ? { allowed: true } : { allowed: false, reason: command.reason },
  }
}

const onInstance =
  (...events: DomainEvent[]) =>
  (instance: string) =>
    world.write.append('instance', instance, as(world.ada), ...events)

test.each([
  ['retired', onInstance({ type: 'InstanceRetired', data: {} }), 'was retired after'],
  [
    'reached as another user',
    onInstance(changed({ username: 'postgres' })),
    'connection of target was changed',
  ],
  [
    'reached elsewhere',
    onInstance(changed({ endpoint: { ...settings.endpoint, port: 5433 } })),
    'connection of target was changed',
  ],
  [
    'reached elsewhere and as before again',
    onInstance(changed({ username: 'postgres' }), changed({})),
    'connection of target was changed',
  ],
  [
    'without its database',
    onInstance(changed({ databases: ['stock'] })),
    'no longer offers the database "orders"',
  ],
  [
    'another environment',
    onInstance(changed({ environment: 'staging', name: 'target-2' })),
    'target-2 was production when this request was submitted and is staging now',
  ],
])(
  'the button says why nothing is approved on an instance that is %s, as the command does',
  async (_name, happens, words) => {
    for (const environment of [undefined, 'production' as const]) {
      const { actions, command } = await asked(happens, environment)
      expect(actions.approve).toEqual({
        allowed: false,
        reason: expect.stringContaining(words) as string,
      })
      expect(actions.approve).toEqual(command)
      expect(actions.reject).toEqual({ allowed: true })
    }
  },
)

test.each([
  ['renamed', onInstance(changed({ name: 'target-3' }))],
  ['offered with one more database', onInstance(changed({ databases: ['stock', 'orders'] }))],
  ['given a new password', onInstance({ type: 'InstanceCredentialsRotated', data: { keyId: 'k2' } })],
  [
    'another environment for a while',
    onInstance(changed({ environment: 'staging' }), changed({ environment: 'production' })),
  ],
])('the button is there on an instance that is %s, as the command is', async (_name, happens) => {
  const { actions, command } = await asked(happens)
  expect([actions.approve, command]).toEqual([{ allowed: true }, { allowed: true }])
})

test('the button waits for the account of the requester, as the command does', async () => {
  const setActive = (type: 'UserDeactivated' | 'UserReactivated') => (requester: string) =>
    world.write.append('user', requester, as(world.ada), { type, data: {} })
  const { actions, command, name } = await asked((_instance, requester) =>
    setActive('UserDeactivated')(requester),
  )
  expect(actions.approve).toEqual({
    allowed: false,
    reason: `The account of ${name}, who submitted this request, is deactivated; it can be approved once an administrator has reactivated the account. Rejecting stays possible.`,
  })
  expect(actions.approve).toEqual(command)
  const again = await asked(async (_instance, requester) => {
    await setActive('UserDeactivated')(requester)
    return setActive('UserReactivated')(requester)
  })
  expect([again.actions.approve, again.command]).toEqual([{ allowed: true }, { allowed: true }])
})
