import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { notificationListSchema, requestDetailSchema, type UserEvent } from '@sre-portal/contracts'
import { as, type Someone } from '@sre-portal/platform/testing/historyWriter'
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

test('a request is not to be approved by an account that goes back to its requester over others', async () => {
  const { write } = world
  const by = async (maker: Someone, name: string, role: Someone['role']) => {
    const someone = { id: randomUUID(), name, role }
    const data = { ...{ userId: someone.id, name, role }, email: `${someone.id}@example.test`, demo: false }
    await write.append('user', someone.id, as(maker), { type: 'UserRegistered', data })
    return someone
  }
  const bea = await by(world.ada, 'Bea', 'ADMIN')
  const zoe = await write.user('Zoe', 'ADMIN')
  const carl = await by(bea, 'Carl', 'MANAGER')
  await world.beginSession(carl)
  await write.append('pod', 'cards', as(bea), {
    type: 'PodCreated',
    data: { podId: 'cards', name: 'Cards' },
  })
  await write.append('pod', 'cards', as(bea), { type: 'PodManagerAssigned', data: { userId: carl.id } })
  const ofAda = await write.submit(world.ada, 'cards', world.instance)
  const ofDana = await write.submit(world.dana, 'cards', world.instance)
  const approving = async (id: string) =>
    requestDetailSchema.parse((await world.get(`/api/requests/${id}`, carl)).body).actions.approve
  const needsAction = async () => {
    const { body } = await world.get('/api/notifications', carl)
    const { items } = notificationListSchema.parse(body)
    return Object.fromEntries(items.map((item) => [item.request.id, item.needsAction]))
  }
  const lastly = async (id: string, event: UserEvent, actor: Someone) =>
    world.reached(await write.append('user', id, as(actor), event))

  await world.reached(await world.store.head())
  expect(await approving(ofDana)).toEqual({ allowed: true })
  expect(await approving(ofAda)).toEqual({
    allowed: false,
    reason: expect.stringMatching(
      /^You cannot approve requests of Ada Root: Bea, who .*, was given their account by Ada Root \(UserRegistered, .*\)\. Whoever set a password knows it/,
    ) as string,
  })
  expect(await needsAction()).toEqual({ [ofAda]: false, [ofDana]: true })
  await lastly(carl.id, { type: 'UserConfirmed', data: { asOf: '999999' } }, bea)
  expect(await approving(ofAda)).toMatchObject({ allowed: false })
  await lastly(carl.id, { type: 'UserPasswordChanged', data: {} }, carl)
  expect(await approving(ofAda)).toEqual({
    allowed: false,
    reason: expect.stringMatching(/\)\. Whoever knew that password could have replaced it as you/) as string,
  })
  expect(await needsAction()).toEqual({ [ofAda]: false, [ofDana]: true })
  await lastly(carl.id, { type: 'UserConfirmed', data: { asOf: '999999' } }, zoe)
  expect(await approving(ofAda)).toEqual({ allowed: true })
  expect(await needsAction()).toEqual({ [ofAda]: true, [ofDana]: true })
})
