import { randomUUID } from 'node:crypto'
import { jsonEvent } from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { all, event, failure, freshStream, useEventStore } from './support.ts'
import { authorization, createMethod, proposed, rawBatchAppend, rawRead, rawUnary } from './rawCalls.ts'

const store = useEventStore({ requireAuth: true, passwords: { admin: 'of-admin', ops: 'of-ops' } })
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
  it('lets anyone use user streams, but only administrators $all and system streams', async () => {
    const stream = freshStream()
    await store.client.appendToStream(stream, event(1))
    expect(await all(store.client.readStream(stream))).toHaveLength(1)
    expect(await failure(all(store.client.readAll()))).toMatchObject({ type: 'access-denied' })
    expect(await failure(store.client.appendToStream('$own', event(1)))).toMatchObject({
      type: 'access-denied',
    })
    expect(await failure(read('$all', ops))).toMatchObject(denied)
    expect((await read('$all')).length).toBeGreaterThan(0)
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
    await append(`$$${stream}`, admin, acl({ $r: ['ops'], $w: [], $d: '$ops' }))
    expect(await read(stream, ops)).toHaveLength(1)
    expect(await failure(all(store.client.readStream(stream)))).toMatchObject({ type: 'access-denied' })
    const [refused] = await append(stream, ops)
    expect(refused?.error).toMatchObject({ code: 7, message: 'AccessDenied' })
    const [admitted] = await append(stream)
    expect(admitted?.error).toBeFalsy()
    expect(await failure(store.client.deleteStream(stream))).toMatchObject({ type: 'access-denied' })
  })

  it('takes other defaults from $settings', async () => {
    const settings = jsonEvent({ type: 'update', data: { $userStreamAcl: { $r: '$ops' } } })
    const stream = freshStream()
    await append(stream)
    await append('$settings', admin, { ...proposed(), data: Buffer.from(JSON.stringify(settings.data)) })
    expect(await failure(all(store.client.readStream(stream)))).toMatchObject({ type: 'access-denied' })
    expect(await read(stream, ops)).toHaveLength(1)
  })

  it('leaves persistent subscriptions to operators', async () => {
    const options = (group: string) => ({
      options: {
        streamIdentifier: { streamName: Buffer.from('work') },
        groupName: group,
        settings: { readBatchSize: 1, historyBufferSize: 2 },
      },
    })
    expect(await failure(rawUnary(store.port, createMethod, options('a')))).toMatchObject(denied)
    await rawUnary(store.port, createMethod, options('b'), ops)
  })
})
