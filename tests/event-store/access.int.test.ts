import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { all, event, failure, freshStream, useEmbeddedStore } from './support.ts'
import {
  authorization,
  createMethod,
  proposed,
  rawBatchAppend,
  rawRead,
  rawSupportedMethods,
  rawUnary,
} from './rawCalls.ts'

const store = useEmbeddedStore({ requireAuth: true, passwords: { admin: 'of-admin', ops: 'of-ops' } })
const admin = authorization('admin', 'of-admin')
const ops = authorization('ops', 'of-ops')

function append(stream: string, metadata = admin, message: object = proposed()) {
  return rawBatchAppend(
    store.port,
    [
      {
        correlationId: { string: randomUUID() },
        options: { streamIdentifier: { streamName: Buffer.from(stream) }, any: {} },
        proposedMessages: [message],
        isFinal: true,
      },
    ],
    metadata,
  )
}

function read(stream: string, metadata = admin) {
  const source =
    stream === '$all'
      ? { all: { start: {} } }
      : { stream: { streamIdentifier: { streamName: Buffer.from(stream) }, start: {} } }
  return rawRead(store.port, { ...source, count: '5', noFilter: {}, uuidOption: { string: {} } }, metadata)
}

const acl = (lists: object) => ({
  ...proposed('$metadata'),
  data: Buffer.from(JSON.stringify({ $acl: lists })),
})
const denied = { code: 7 }

describe('With authentication', () => {
  it('is closed for whoever brings no credentials, on every call that touches the log or its groups', async () => {
    const stream = freshStream()
    await append(stream)
    const { client } = store
    const settings = persistentSubscriptionToStreamSettingsFromDefaults()
    const calls: (() => Promise<unknown>)[] = [
      () => client.appendToStream(stream, event(1)),
      () => all(client.readStream(stream)),
      () => all(client.readAll({ maxCount: 1 })),
      () => client.deleteStream(stream),
      () => client.tombstoneStream(stream),
      () => client.setStreamMetadata(stream, { maxCount: 1 }),
      () => client.getStreamMetadata(stream),
      () => client.createPersistentSubscriptionToStream(stream, 'g', settings),
      () => client.listAllPersistentSubscriptions(),
      () => client.restartPersistentSubscriptionSubsystem(),
      () => once(client.subscribeToStream(stream), 'data'),
      () => once(client.subscribeToPersistentSubscriptionToStream(stream, 'g'), 'data'),
    ]
    for (const call of calls) expect(await failure(call())).toMatchObject({ type: 'access-denied' })
    expect(await read(stream)).toHaveLength(1)
  })

  it('lets users use user streams, but only administrators $all and system streams', async () => {
    const stream = freshStream()
    const [appended] = await append(stream, ops)
    expect(appended?.error).toBeFalsy()
    expect(await read(stream, ops)).toHaveLength(1)
    expect((await append('$own', ops))[0]?.error).toMatchObject({ code: 7, message: 'AccessDenied' })
    expect(await failure(read('$all', ops))).toMatchObject(denied)
    expect((await read('$all')).length).toBeGreaterThan(0)
  })

  it('still tells clients what it can do before they log in', async () => {
    expect((await rawSupportedMethods(store.port)).methods.length).toBeGreaterThan(10)
  })

  it('refuses unknown users and wrong passwords', async () => {
    for (const credentials of [authorization('admin', 'wrong'), authorization('nobody', 'of-admin')]) {
      expect(await failure(read('x', credentials))).toMatchObject({ code: 16 })
      expect(await failure(append('x', credentials))).toMatchObject({ code: 16 })
    }
  })

  it('keeps to the lists of the stream; an empty list admits nobody but administrators', async () => {
    const stream = freshStream()
    await append(stream)
    expect(await read(stream, ops)).toHaveLength(1)
    await append(`$$${stream}`, admin, acl({ $r: ['admin'], $w: [], $d: '$admins' }))
    expect(await failure(read(stream, ops))).toMatchObject(denied)
    const [refused] = await append(stream, ops)
    expect(refused?.error).toMatchObject({ code: 7, message: 'AccessDenied' })
    const [admitted] = await append(stream)
    expect(admitted?.error).toBeFalsy()
    await append(`$$${stream}`, admin, acl({ $r: ['ops'] }))
    expect(await read(stream, ops)).toHaveLength(2)
  })

  it('takes other defaults from $settings', async () => {
    const settings = jsonEvent({ type: 'update', data: { $userStreamAcl: { $r: '$admins' } } })
    const stream = freshStream()
    await append(stream)
    await append('$settings', admin, { ...proposed(), data: Buffer.from(JSON.stringify(settings.data)) })
    expect(await failure(read(stream, ops))).toMatchObject(denied)
    expect(await read(stream)).toHaveLength(1)
  })

  it('leaves persistent subscriptions to operators', async () => {
    const options = (group: string) => ({
      options: {
        streamIdentifier: { streamName: Buffer.from('work') },
        groupName: group,
        settings: { readBatchSize: 1, historyBufferSize: 2 },
      },
    })
    expect(await failure(rawUnary(store.port, createMethod, options('a')))).toMatchObject({ code: 16 })
    await rawUnary(store.port, createMethod, options('b'), ops)
  })
})
