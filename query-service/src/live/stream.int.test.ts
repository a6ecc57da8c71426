import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import jwt from 'jsonwebtoken'
import { as, type Someone } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { openEventStream } from '../../test/eventStream.ts'
import { jwtSecret, startWorld, type World } from '../../test/world.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let world: World
const open: { close(): Promise<void> }[] = []
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  world = await startWorld(database.urls, eventStore.connectionString, { heartbeatMs: 50, replayLimit: 20 })
})
afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close()
})
afterAll(async () => {
  await world.stop()
  await eventStore.close()
  await database.drop()
})

async function listen(who: Someone, lastEventId?: string, token = world.token(who)) {
  await world.beginSession(who)
  const stream = await openEventStream(world.url, token, lastEventId)
  open.push(stream)
  return stream
}
/** A change that everybody is told of. */
const fence = () =>
  world.write.append('pod', world.logistics, as(world.ada), {
    type: 'PodRenamed',
    data: { name: 'Logistics' },
  })
const kinds = (stream: Awaited<ReturnType<typeof listen>>) =>
  stream.messages.map((message) => ('id' in message ? `${message.kind} ${message.id}` : message.kind))

test('is a stream of events that no proxy keeps back, with a sign of life', async () => {
  const stream = await listen(world.dana)
  expect(stream.status).toBe(200)
  expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(stream.headers.get('x-accel-buffering')).toBe('no')
  expect(stream.headers.get('cache-control')).toBe('no-store')
  await stream.eventually(() => expect(stream.comments()).toBeGreaterThan(3))
  expect(stream.messages).toEqual([])
})

describe('what is told', () => {
  test('of a request goes to those who may view it, and to nobody else', async () => {
    const people = [world.dana, world.omar, world.grace, world.miguel, world.noor, world.ada]
    const streams = await Promise.all(people.map((person) => listen(person)))
    const request = await world.write.submit(world.dana, world.payments, world.instance)
    const position = await fence()
    await Promise.all(streams.map((stream) => stream.told(position)))
    const distinct = streams.map((stream) => [...new Set(kinds(stream))].sort())
    const pod = `pod ${world.logistics}`
    const own = `request ${request}`
    expect(distinct).toEqual([
      [pod, own],
      [pod],
      ['notification', pod, own],
      ['notification', pod, own],
      [pod],
      ['audit', pod, own],
    ])
    const ofDana = streams[0]?.messages.find(({ kind }) => kind === 'request')
    expect(ofDana).toMatchObject({ kind: 'request', id: request, revision: 0, status: 'PENDING' })
  })

  test('of users, and of tests of a connection, goes to administrators', async () => {
    const [ofDana, ofAda] = [await listen(world.dana), await listen(world.ada)]
    await world.write.append('user', world.omar.id, as(world.ada), {
      type: 'UserRenamed',
      data: { name: 'Omar Haddad' },
    })
    await world.write.append('instance', world.instance, as(world.ada), {
      type: 'InstanceTestRequested',
      data: { testId: '0b6ad2a4-8d6f-4c52-9bb2-7b1ee9c5a001' },
    })
    const position = await fence()
    await Promise.all([ofDana.told(position), ofAda.told(position)])
    expect(kinds(ofDana)).toEqual([`pod ${world.logistics}`])
    expect(new Set(kinds(ofAda))).toEqual(
      new Set([`user ${world.omar.id}`, `instance ${world.instance}`, `pod ${world.logistics}`, 'audit']),
    )
  })

  test('of a requester who was deactivated or reactivated goes to those who have a waiting request open', async () => {
    const person = await world.write.user('Toni Requester', 'DEVELOPER')
    const waiting = await world.write.submit(person, world.payments, world.instance)
    const withdrawn = await world.write.submit(person, world.payments, world.instance)
    await world.write.append('request', withdrawn, as(person), { type: 'RequestWithdrawn', data: {} })
    const ofAnother = await world.write.submit(world.dana, world.payments, world.instance)
    await world.reached(await fence())
    const [ofGrace, ofNoor, ofOmar] = [
      await listen(world.grace),
      await listen(world.noor),
      await listen(world.omar),
    ]
    const pod = `pod ${world.logistics}`
    for (const type of ['UserDeactivated', 'UserReactivated'] as const) {
      for (const stream of [ofGrace, ofNoor, ofOmar]) stream.messages.length = 0
      const told = await world.write.append('user', person.id, as(world.ada), { type, data: {} })
      const position = await fence()
      await Promise.all([ofGrace, ofNoor, ofOmar].map((stream) => stream.told(position)))
      expect([kinds(ofGrace), kinds(ofNoor), kinds(ofOmar)]).toEqual([
        [`request ${waiting}`, pod],
        [pod],
        [pod],
      ])
      expect(ofGrace.messages[0]).toEqual({
        kind: 'request',
        position: String(told),
        id: waiting,
        revision: 0,
        status: 'PENDING',
      })
    }
    expect(kinds(ofGrace)).not.toContain(`request ${ofAnother}`)
  })

  test('of notifications that somebody has read goes to all streams of that person, and moves none of them', async () => {
    const [ofGrace, again, ofMiguel] = [
      await listen(world.grace),
      await listen(world.grace),
      await listen(world.miguel),
    ]
    const position = await fence()
    for (const stream of [ofGrace, again, ofMiguel]) await stream.told(position)
    await world.pool.query('select pg_notify($1, $2)', ['notifications_read', world.grace.id])
    const pod = { kind: 'pod', position: String(position), id: world.logistics }
    for (const stream of [ofGrace, again]) {
      await stream.eventually(() => expect(stream.messages).toHaveLength(2))
      expect(stream.messages).toEqual([pod, { kind: 'notification', position: String(position) }])
      expect(stream.lastId()).toBe(String(position))
    }
    await ofMiguel.told(await fence())
    expect(kinds(ofMiguel)).not.toContain('notification')
  })

  test('goes by the rights of that moment: a manager who lost the role is told no more', async () => {
    const lea = await world.write.user('Lea Brandt', 'MANAGER')
    await world.write.append('pod', world.payments, as(world.ada), {
      type: 'PodDeputyAdded',
      data: { userId: lea.id },
    })
    await world.reached(await fence())
    const stream = await listen(lea)
    const seen = await world.write.submit(world.dana, world.payments, world.instance)
    await stream.told(await fence())
    expect(kinds(stream)).toContain(`request ${seen}`)
    await world.write.append('user', lea.id, as(world.ada), {
      type: 'UserRoleChanged',
      data: { role: 'DEVELOPER' },
    })
    const hidden = await world.write.submit(world.dana, world.payments, world.instance)
    await stream.told(await fence())
    expect(kinds(stream)).not.toContain(`request ${hidden}`)
  })
})

describe('a stream that is opened again', () => {
  test('goes on after the last event id: nothing is missing and nothing comes twice', async () => {
    const first = await listen(world.dana)
    await first.told(await fence())
    await first.close()
    const request = await world.write.submit(world.dana, world.payments, world.instance)
    const position = await world.write.approve(request, world.grace)
    await world.reached(position)
    const again = await listen(world.dana, first.lastId())
    await again.told(position)
    expect(again.messages).toEqual([
      { kind: 'request', position: String(position), id: request, revision: 1, status: 'APPROVED' },
      { kind: 'notification', position: String(position) },
    ])
    expect(again.lastId()).toBe(String(position))
  })

  test('is told to fetch everything anew when it is too far behind, or ahead of everything', async () => {
    for (const id of ['0', '9223372036854775807']) {
      const stream = await listen(world.dana, id)
      await stream.eventually(() => expect(stream.messages).toHaveLength(1))
      expect(stream.messages).toEqual([{ kind: 'reset', position: stream.lastId() }])
      await stream.told(await fence())
      expect(kinds(stream)).toEqual(['reset', `pod ${world.logistics}`])
      await stream.close()
    }
  })

  test('with an id that never was one is refused', async () => {
    expect((await listen(world.dana, 'yesterday')).status).toBe(400)
  })
})

describe('a stream ends', () => {
  test('when its session has ended, although the token would live on', async () => {
    const kim = await world.write.user('Kim Ross', 'DEVELOPER')
    await world.reached(await fence())
    const stream = await listen(kim)
    expect(stream.status).toBe(200)
    await world.endSession(kim)
    await stream.ends()
    expect((await world.get('/api/auth/me', kim)).status).toBe(401)
  })

  test('when its person is deactivated', async () => {
    const eve = await world.write.user('Eve Adler', 'DEVELOPER')
    await world.reached(await fence())
    const stream = await listen(eve)
    expect(stream.status).toBe(200)
    await world.write.append('user', eve.id, as(world.ada), { type: 'UserDeactivated', data: {} })
    await stream.ends()
    expect((await listen(eve)).status).toBe(401)
  })

  test('with the token that opened it', async () => {
    const token = jwt.sign({ typ: 'access', sid: world.dana.id }, jwtSecret, {
      algorithm: 'HS256',
      issuer: 'sre-portal',
      audience: 'sre-portal-api',
      subject: world.dana.id,
      expiresIn: 2,
    })
    const stream = await listen(world.dana, undefined, token)
    expect(stream.status).toBe(200)
    await stream.ends()
  })

  test('before it is opened when its person has ten of them, and there is room again when one is closed', async () => {
    const streams = await Promise.all(Array.from({ length: 10 }, () => listen(world.noor)))
    expect(streams.map(({ status }) => status)).toEqual(Array(10).fill(200))
    const refused = await listen(world.noor)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30'])
    expect((await listen(world.omar)).status).toBe(200)
    await streams[0]?.close()
    let status = 429
    while (status === 429) status = (await listen(world.noor)).status
    expect(status).toBe(200)
  })
})
