import { afterAll, beforeAll, expect, test } from 'vitest'
import { dashboardSchema, requestListSchema, reviewQueueSchema } from '@sre-portal/contracts'
import { as, type Someone } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { startWorld, type World } from '../../test/world.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let world: World
/** Ids of what waits for Grace, oldest first: more than a page of any list holds. */
let waiting: string[]
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  world = await startWorld(database.urls, eventStore.connectionString)
  waiting = [world.pending]
  for (let n = 0; n < 240; n++)
    waiting.push(await world.write.submit(world.dana, world.payments, world.instance))
  const own = await world.write.submit(world.grace, world.payments, world.instance)
  await world.reached(
    await world.write.append('request', own, as(world.miguel), {
      type: 'RequestRejected',
      data: { reason: 'Not so.' },
    }),
  )
}, 60_000)
afterAll(async () => {
  await world.stop()
  await eventStore.close()
  await database.drop()
})

const queue = async (who: Someone, current?: string) =>
  reviewQueueSchema.parse(
    (await world.get(`/api/review-queue${current ? `?current=${current}` : ''}`, who)).body,
  )

test('counts all that waits, as the list and the dashboard do', async () => {
  const { total } = await queue(world.grace)
  const list = await world.get('/api/requests?view=review&limit=200', world.grace)
  const dashboard = await world.get('/api/dashboard', world.grace)
  expect([
    total,
    requestListSchema.parse(list.body).total,
    dashboardSchema.parse(dashboard.body).needsMyReview,
  ]).toEqual([241, 241, 241])
})

test.each([0, 1, 120, 199, 200, 201, 240])('knows place and neighbours of the request at %i', async (at) => {
  const { place, first, previous, next } = await queue(world.grace, waiting[at])
  expect({ place, first, previous, next }).toEqual({
    place: at + 1,
    first: waiting[0],
    previous: waiting[at - 1] ?? null,
    next: waiting[at + 1] ?? null,
  })
})

test('tells the neighbours of a request that waits no more, and no place', async () => {
  const current = waiting.splice(100, 1)[0] ?? ''
  await world.reached(
    await world.write.append('request', current, as(world.miguel), {
      type: 'RequestRejected',
      data: { reason: 'Once is enough.' },
    }),
  )
  const { total, place, previous, next } = await queue(world.grace, current)
  expect({ total, place, previous, next }).toEqual({
    total: 240,
    place: null,
    previous: waiting[99],
    next: waiting[100],
  })
})

test('nothing waits for who decides nothing, whatever is open', async () => {
  for (const who of [world.dana, world.omar, world.ada])
    expect(await queue(who, waiting[5])).toMatchObject({
      total: 0,
      place: null,
      first: null,
      previous: null,
      next: null,
    })
})

test.each(['current=1', 'current=%00', 'current='])('refuses %s', async (query) => {
  expect((await world.get(`/api/review-queue?${query}`, world.grace)).status).toBe(400)
})
