import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxEventBytes, type PodEvent } from '@sre-portal/contracts'
import { DomainError, type Pod } from '@sre-portal/domain'
import { jsonEvent } from '@eventstore/db-client'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { loadPod } from './aggregates.ts'
import { derivedId, handleCommand } from './commandHandler.ts'
import { connectEventStore, type EventStore } from './eventStore.ts'

let store: EventStore
let close: () => Promise<void>
beforeAll(async () => {
  const server = await testEventStore()
  store = connectEventStore(server.connectionString)
  close = async () => {
    await store.close()
    await server.close()
  }
})
afterAll(() => close())

const metadata = {
  actor: { kind: 'service' as const, name: 'test' },
  at: '2026-11-23T14:00:00.000Z',
  correlationId: 'c',
  schemaVersion: 1,
}
const created: PodEvent = { type: 'PodCreated', data: { podId: 'pod', name: 'n'.repeat(500) } }
const newPodId = () => `p${randomUUID().slice(0, 8)}x`
const command = (podId: string, key: string, decide: (state: Pod | null) => PodEvent[]) => ({
  stream: `pod-${podId}`,
  load: () => loadPod(store, podId),
  decide,
  metadata,
  key,
})

describe('a command', () => {
  it('appends all its events at once, readable as they were written', async () => {
    const id = newPodId()
    const renamed: PodEvent = { type: 'PodRenamed', data: { name: 'm'.repeat(700) } }
    const handled = await handleCommand(
      store,
      command(id, 'k', () => [created, renamed]),
    )
    const { events } = await loadPod(store, id)
    expect(events.map(({ type, data, metadata: kept }) => ({ type, data, kept }))).toEqual([
      { ...created, kept: metadata },
      { ...renamed, kept: metadata },
    ])
    expect(handled).toMatchObject({ revision: 1, position: events[1]?.position })
  })

  it('sent again with its key answers the same and appends nothing', async () => {
    const id = newPodId()
    const first = await handleCommand(
      store,
      command(id, 'k', () => [created]),
    )
    await handleCommand(
      store,
      command(id, 'other', () => [{ type: 'PodRenamed', data: { name: 'x' } }]),
    )
    const again = await handleCommand(
      store,
      command(id, 'k', () => [created]),
    )
    expect([again.revision, again.position]).toEqual([first.revision, first.position])
    expect((await loadPod(store, id)).events).toHaveLength(2)
  })

  it('decides again when another one came first', async () => {
    const id = newPodId()
    await handleCommand(
      store,
      command(id, 'k', () => [created]),
    )
    const add = (userId: string) =>
      handleCommand(
        store,
        command(id, userId, (state) => (state ? [{ type: 'PodDeputyAdded', data: { userId } }] : [])),
      )
    const users = Array.from({ length: 5 }, () => randomUUID())
    await Promise.all(users.map(add))
    expect([...((await loadPod(store, id)).state?.deputyIds ?? [])].sort()).toEqual([...users].sort())
  })

  it('that is refused appends nothing', async () => {
    const id = newPodId()
    const refuse = command(id, 'k', () => {
      throw new DomainError('conflict', 'No.')
    })
    await expect(handleCommand(store, refuse)).rejects.toThrow('No.')
    expect(await loadPod(store, id)).toEqual({ state: null, revision: -1, events: [] })
  })

  it('too large for an event is refused with both numbers', async () => {
    const huge: PodEvent = { type: 'PodRenamed', data: { name: '"'.repeat(maxEventBytes / 2) } }
    await expect(
      handleCommand(
        store,
        command(newPodId(), 'k', () => [huge]),
      ),
    ).rejects.toMatchObject({ code: 'too_large' })
  })
})

describe('reading', () => {
  it.each([
    ['data that break the schema', { type: 'PodCreated', data: { podId: 1 }, metadata }, /data: /],
    [
      'metadata that break the schema',
      { type: 'PodCreated', data: created.data, metadata: {} },
      /metadata: /,
    ],
    [
      'a later version',
      { type: 'PodCreated', data: created.data, metadata: { ...metadata, schemaVersion: 99 } },
      /version 99 is later/,
    ],
  ])('stops at %s', async (_name, event, message) => {
    const id = newPodId()
    await store.client.appendToStream(`pod-${id}`, jsonEvent(event))
    await expect(loadPod(store, id)).rejects.toThrow(message)
  })

  it('stops at a type of a later product: nothing is decided on half a state', async () => {
    const id = newPodId()
    await store.client.appendToStream(`pod-${id}`, jsonEvent({ type: 'PodPainted', data: {}, metadata }))
    await expect(loadPod(store, id)).rejects.toThrow(/PodPainted, .*its type is not known to this version/)
  })
})

it('derives the same id from the same parts only', () => {
  expect(derivedId('a', 'b')).toBe(derivedId('a', 'b'))
  expect(derivedId('a', 'b')).not.toBe(derivedId('ab'))
  expect(derivedId('a', 'b')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/)
})
