import { randomUUID } from 'node:crypto'
import { connect as connectSocket } from 'node:net'
import { binaryEvent, CancelledError, DeadlineExceededError, EventStoreDBClient } from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { testDatabase } from '../setup/postgres.ts'
import {
  all,
  collect,
  event,
  eventsUpTo,
  eventually,
  failure,
  freshStream,
  useEmbeddedStore,
} from './support.ts'
import { openAppend, rawSupportedMethods } from './rawCalls.ts'

const store = useEmbeddedStore()

describe('One port for two protocols', () => {
  it('answers the health checks of HTTP/1.1', async () => {
    const base = `http://127.0.0.1:${store.port}`
    const live = await fetch(`${base}/health/live`)
    expect(live.status).toBe(204)
    const ping = await fetch(`${base}/ping`)
    expect(ping.status).toBe(200)
    expect(await ping.json()).toEqual({ msgTypeId: 4, text: 'Ping request successfully handled' })
    const unknown = await fetch(`${base}/streams/x`)
    expect(unknown.status).toBe(404)
    expect(await unknown.text()).toBe('Not Found')
    expect((await fetch(`${base}/streams/x`, { method: 'POST', body: '[]' })).status).toBe(404)
  })

  it('recognises HTTP/2 although its preface arrives byte by byte', async () => {
    const socket = connectSocket(store.port, '127.0.0.1')
    const received: Buffer[] = []
    socket.on('data', (chunk) => received.push(chunk))
    for (const byte of Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')) socket.write(Buffer.from([byte]))
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    const settingsFrameType = 4
    await eventually(() => expect(Buffer.concat(received)[3]).toBe(settingsFrameType))
    socket.destroy()
  })
})

describe('Session', () => {
  it('lists the methods that the client looks for, in lower case', async () => {
    const answer = await rawSupportedMethods(store.port)
    const methods = new Map(
      answer.methods.map((method) => [`${method.serviceName}/${method.methodName}`, method.features]),
    )
    expect(answer.eventStoreServerVersion).toMatch(/^24\.10\.\d+$/)
    expect(methods.get('event_store.client.streams.streams/batchappend')).toEqual(['deadline_duration'])
    expect(methods.get('event_store.client.streams.streams/read')).toEqual(['position', 'events'])
    const persistent = 'event_store.client.persistent_subscriptions.persistentsubscriptions'
    for (const name of [
      'create',
      'update',
      'delete',
      'read',
      'getinfo',
      'replayparked',
      'list',
      'restartsubsystem',
    ]) {
      expect(methods.get(`${persistent}/${name}`)).toEqual(['stream', 'all'])
    }
  })

  it('answers unknown methods as unimplemented', async () => {
    const error = await failure(store.client.createProjection('p', 'fromAll()'))
    expect(error).toMatchObject({ type: 'unknown', code: 12 })
  })

  it('is found by discovery, as the leader of a cluster of one', async () => {
    const discovering = EventStoreDBClient.connectionString(
      `esdb+discover://127.0.0.1:${store.port}?tls=false&nodePreference=leader`,
    )
    const stream = freshStream()
    await discovering.appendToStream(stream, event(1))
    expect(await all(discovering.readStream(stream))).toHaveLength(1)
    await discovering.dispose()
  })

  it('takes messages of more than 4 MiB', async () => {
    const large = new Uint8Array(900_000)
    const stream = freshStream()
    const appends = Array.from({ length: 5 }, () =>
      store.client.appendToStream(stream, binaryEvent({ type: 'Large', data: large })),
    )
    await Promise.all(appends)
    const events = await all(store.client.readStream(stream))
    expect(events.map(({ event: recorded }) => (recorded?.data as Uint8Array).length)).toEqual(
      Array.from({ length: 5 }, () => 900_000),
    )
  })

  it('carries names and types in every script', async () => {
    const stream = `größe-日本-${randomUUID()}`
    await store.client.appendToStream(stream, event(1, 'Größe🎉'))
    const [resolved] = await all(store.client.readStream(stream))
    expect(resolved?.event).toMatchObject({ streamId: stream, type: 'Größe🎉' })
  })

  it('survives a name that no trailer can carry', async () => {
    const stream = `gelöscht-${randomUUID()}`
    await store.client.appendToStream(stream, event(1))
    await store.client.tombstoneStream(stream)
    expect(await failure(all(store.client.readStream(stream)))).toMatchObject({ type: 'stream-deleted' })
    const group = `gruppe-ä-${randomUUID()}`
    expect(await failure(store.client.deletePersistentSubscriptionToStream(stream, group))).toMatchObject({
      type: 'persistent-subscription-does-not-exist',
    })
  })

  it('ends a call at its deadline', async () => {
    const credentials = { username: 'admin', password: 'changeit' }
    const error = await failure(
      store.client.appendToStream(freshStream(), eventsUpTo(3000), { deadline: 1, credentials }),
    )
    expect(error).toBeInstanceOf(DeadlineExceededError)
  })
})

describe('Shutdown', () => {
  it('ends long-lived calls as cancelled and lets a new server take over', async () => {
    const database = await testDatabase()
    const options = { postgresUrl: database.url, host: '127.0.0.1', log: () => undefined }
    const first = await startEventStore({ ...options, port: 0 })
    const client = EventStoreDBClient.connectionString(first.connectionString)
    const stream = freshStream()
    await client.appendToStream(stream, event(1))
    const subscription = client.subscribeToStream(stream)
    const collected = collect(subscription)
    await eventually(() => expect(collected.journal).toContain('caughtUp'))

    await first.close()
    await eventually(() => expect(collected.errors).toHaveLength(1))
    expect(collected.errors[0]).toBeInstanceOf(CancelledError)
    expect(await failure(client.appendToStream(stream, event(2)))).toMatchObject({ code: 14 })

    const second = await startEventStore({ ...options, port: first.port })
    await eventually(async () => {
      await client.appendToStream(stream, event(3))
    })
    expect((await all(client.readStream(stream))).length).toBeGreaterThanOrEqual(2)
    await client.dispose()
    await second.close()
    await database.drop()
  })

  it('answers an append that is still being sent as unavailable', async () => {
    const database = await testDatabase()
    const server = await startEventStore({
      postgresUrl: database.url,
      host: '127.0.0.1',
      port: 0,
      log: () => undefined,
    })
    const append = openAppend(server.port, freshStream())
    const refused = expect(append.answer).rejects.toMatchObject({ code: 14 })
    await append.sent
    await server.close()
    await refused
    await database.drop()
  })
})
