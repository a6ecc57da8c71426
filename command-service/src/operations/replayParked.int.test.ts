import {
  eventTypeFilter,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
} from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Accepted, Problem } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadOperations } from '@sre-portal/platform/aggregates'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { executorGroup, parkedWork } from '@sre-portal/platform/executorGroup'
import { realNode, type RealNode } from '@sre-portal/tests/setup/realNode.ts'
import {
  newCast,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from '../testing/commandService.ts'

let node: RealNode
let store: EventStore
let service: CommandService
let cast: Cast
beforeAll(async () => {
  node = await realNode()
  store = connectEventStore(node.connectionString)
  service = await startCommandService({ store })
  cast = await newCast(service)
})
beforeEach(async () => {
  await node.admin.createPersistentSubscriptionToAll(
    executorGroup,
    persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START }),
    { filter: eventTypeFilter({ prefixes: ['RequestApproved'] }) },
  )
})
afterEach(async () => {
  node.trouble({})
  await node.admin.deletePersistentSubscriptionToAll(executorGroup).catch(() => undefined)
})
afterAll(async () => {
  await service.close()
  await store.close()
  await node.close()
})

const replay = (headers: Record<string, string> = {}, token = cast.ada.token) =>
  service.api<Accepted & Problem>('POST', '/api/operations/replay-parked', { token, headers })
const told = async (from: number) =>
  (await loadOperations(store)).events.slice(from).map(({ type, data, actor }) => [type, data, actor])
const count = async () => (await loadOperations(store)).events.length
const ada = () => ({ kind: 'user', id: cast.ada.id, name: 'Ada', role: 'ADMIN' })

/** A request whose approval another consumer has put aside. */
async function parkOne() {
  const { body } = await service.api<Accepted>('POST', '/api/requests', {
    token: cast.dana.token,
    body: queryBody(cast),
  })
  const contentHash = contentHashOf('select count(*) from orders')
  const approved = await service.api('POST', `/api/requests/${body.id}/approve`, {
    token: cast.grace.token,
    body: { contentHash },
  })
  expect(approved.status).toBe(200)
  await node.park(executorGroup, ({ event }) => event?.streamId === `request-${body.id}`, 1)
  return body.id
}

/** Streams of what the group delivers, until as many have come. */
async function delivered(wanted: number): Promise<string[]> {
  const subscription = node.admin.subscribeToPersistentSubscriptionToAll(executorGroup)
  const streams: string[] = []
  for await (const resolved of subscription) {
    await subscription.ack(resolved)
    streams.push(resolved.event?.streamId ?? '')
    if (streams.length >= wanted) break
  }
  await subscription.unsubscribe().catch(() => undefined)
  return streams
}

it('delivers what was parked again, and says who did it and how much there was', async () => {
  const before = await count()
  const requestId = await parkOne()
  expect(await parkedWork(store.client)).toBe(1)
  const answer = await replay()
  expect([answer.status, answer.body.id]).toEqual([200, 'operations'])
  expect(await told(before)).toEqual([
    ['ParkedWorkReplayRequested', { parked: 1 }, ada()],
    ['ParkedWorkReplayed', { parked: 1 }, ada()],
  ])
  expect(await parkedWork(store.client)).toBe(0)
  expect(await delivered(1)).toEqual([`request-${requestId}`])
})

it('does it once for one key, however often it is sent', async () => {
  const before = await count()
  await parkOne()
  const headers = { 'idempotency-key': 'replay-once-and-no-more' }
  const answers = [await replay(headers), await replay(headers), await replay(headers)]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(new Set(answers.map(({ body }) => body.revision)).size).toBe(1)
  expect((await told(before)).map(([type]) => type)).toEqual([
    'ParkedWorkReplayRequested',
    'ParkedWorkReplayed',
  ])
})

it('does nothing and says so when nothing is parked', async () => {
  const before = await count()
  const { status, body } = await replay()
  expect([status, body.code, body.detail]).toEqual([409, 'conflict', 'Nothing is parked; nothing was done.'])
  await node.admin.deletePersistentSubscriptionToAll(executorGroup)
  expect((await replay()).status).toBe(409)
  expect(await told(before)).toEqual([])
})

it('where the event store denies it says which right is missing; the same key goes on once it is there', async () => {
  const before = await count()
  await parkOne()
  node.trouble({ groupsDenied: true })
  const headers = { 'idempotency-key': 'replay-once-it-is-allowed' }
  const denied = await replay(headers)
  expect([denied.status, denied.body.code]).toEqual([409, 'conflict'])
  expect(denied.body.detail).toMatch(/needs membership of \$ops.*Nothing was delivered again\.$/)
  expect((await told(before)).map(([type]) => type)).toEqual(['ParkedWorkReplayRequested'])
  node.trouble({})
  expect((await replay(headers)).status).toBe(200)
  // Who asked is told once, also where it was told before it was denied.
  expect((await told(before)).map(([type]) => type)).toEqual([
    'ParkedWorkReplayRequested',
    'ParkedWorkReplayed',
  ])
  expect(await parkedWork(store.client)).toBe(0)
})

it('takes no body, and is for administrators', async () => {
  for (const token of [cast.dana.token, cast.grace.token])
    expect((await replay({}, token)).body.detail).toBe(
      'Only an administrator can look after the portal itself.',
    )
  const path = '/api/operations/replay-parked'
  expect((await service.api('POST', path, { token: cast.ada.token, body: { all: true } })).status).toBe(400)
})
