import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  eventTypeFilter,
} from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Executor } from '@sre-portal/executor/app'
import { ScriptSandbox } from '@sre-portal/executor/sandbox/scriptSandbox'
import { startInProcess } from '@sre-portal/executor/testing/inProcess'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { createExecutorGroup, replayParkedWork } from '@sre-portal/platform/executorGroup'
import { realNode, type RealNode } from '../setup/realNode.ts'
import { checkAll } from './invariants.ts'
import { approveMarked, prepareMarks } from './markedRequests.ts'

const timeout = 90_000
const patience = { timeout: 40_000, interval: 50 }
const group = 'executors'

let portal: TestPortal
let node: RealNode
let sandbox: ScriptSandbox
const closers: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  node = await realNode()
  portal = await TestPortal.open(() => Promise.resolve(node))
  sandbox = new ScriptSandbox({ jitless: true })
})
beforeEach(() => prepareMarks(portal))
afterEach(async () => {
  node.trouble({})
  await node.thaw()
  for (const close of closers.splice(0)) await close()
})
afterAll(async () => {
  await sandbox.close()
  await portal.close()
})

interface Health {
  status: number
  reasons: string[]
  facts: { notes: string[]; parkedEvents: number | null; waitingApprovals: number | null }
}

/** An executor in this process, and how to ask it. */
async function start(
  overrides: Partial<TestPortal> = {},
  overlookedAfterMs = 15_000,
): Promise<() => Promise<Health>> {
  const place = Object.assign(Object.create(portal) as TestPortal, overrides)
  const executor: Executor = await startInProcess(place, { sandbox, overlookedAfterMs })
  const server = executor.app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    server.close()
    await executor.stop()
  })
  return async () => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`)
    return { status: answer.status, ...((await answer.json()) as Omit<Health, 'status'>) }
  }
}

const isReady = (health: () => Promise<Health>) =>
  expect.poll(async () => (await health()).status, patience).toBe(200)

test(
  'an executor whose event store freezes says so within seconds, and is ready once it thaws',
  { timeout },
  async () => {
    const health = await start()
    await isReady(health)
    await node.freeze()
    const began = performance.now()
    const frozen = await health()
    expect(performance.now() - began).toBeLessThan(10_000)
    expect(frozen.status).toBe(503)
    expect(frozen.reasons.join()).toMatch(/EVENTSTORE_URL|event store/)
    await node.thaw()
    await isReady(health)
  },
)

test('an executor that may not make groups joins the one that is there', { timeout }, async () => {
  await node.admin.deletePersistentSubscriptionToAll(group).catch(() => undefined)
  node.trouble({ groupsDenied: true })
  const health = await start({}, 500)
  await expect.poll(async () => (await health()).reasons.join(), patience).toMatch(/membership of \$ops/)
  // Nothing waits for the group.
  const first = await approveMarked(portal, 'query')
  const statusOf = async (requestId: string) => (await portal.request(requestId)).status
  await expect.poll(() => statusOf(first.requestId), patience).toBe('EXECUTED')
  await node.admin.createPersistentSubscriptionToAll(
    group,
    persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START }),
    { filter: eventTypeFilter({ prefixes: ['RequestApproved', 'InstanceTestRequested'] }) },
  )
  await isReady(health)
  const second = await approveMarked(portal, 'query')
  await expect.poll(() => statusOf(second.requestId), patience).toBe('EXECUTED')
  expect(await checkAll(portal, [first, second])).toEqual([])
})

test('approvals that another consumer parked are counted, and run all the same', { timeout }, async () => {
  await node.admin.deletePersistentSubscriptionToAll(group).catch(() => undefined)
  await node.admin.createPersistentSubscriptionToAll(
    group,
    persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START }),
    { filter: eventTypeFilter({ prefixes: ['RequestApproved', 'InstanceTestRequested'] }) },
  )
  const request = await approveMarked(portal, 'query')
  await node.park(group, ({ event }) => event?.streamId === `request-${request.requestId}`, 1)
  const health = await start({}, 500)
  await expect.poll(async () => (await portal.request(request.requestId)).status, patience).toBe('EXECUTED')
  const { facts } = await health()
  expect(facts.parkedEvents).toBe(1)
  expect(facts.notes).toEqual([expect.stringContaining('1 events are parked')])
  expect(await checkAll(portal, [request])).toEqual([])
  // Delivered again after it has run, it is left.
  await replayParkedWork(node.admin)
  await expect.poll(async () => (await health()).facts.parkedEvents, patience).toBe(0)
  const next = await approveMarked(portal, 'query')
  await expect.poll(async () => (await portal.request(next.requestId)).status, patience).toBe('EXECUTED')
  expect(await checkAll(portal, [request, next])).toEqual([])
})

test('approvals that are delivered again by two who ask at once run once each', { timeout }, async () => {
  await node.admin.deletePersistentSubscriptionToAll(group).catch(() => undefined)
  await createExecutorGroup(node.admin)
  const requests = []
  for (let at = 0; at < 4; at++) {
    const request = await approveMarked(portal, 'query')
    requests.push(request)
    await node.park(group, ({ event }) => event?.streamId === `request-${request.requestId}`, 1)
  }
  const healths = [await start({}, 500), await start({}, 500)]
  await Promise.all([1, 2, 3].map(() => replayParkedWork(node.admin)))
  for (const { requestId } of requests)
    await expect.poll(async () => (await portal.request(requestId)).status, patience).toBe('EXECUTED')
  for (const health of healths)
    await expect.poll(async () => (await health()).facts.parkedEvents, patience).toBe(0)
  expect(await checkAll(portal, requests)).toEqual([])
})

test(
  'approvals that wait longer than a minute are told, with what stands against them',
  { timeout },
  async () => {
    const health = await start()
    await isReady(health)
    const wait = (key: string) =>
      portal.admin.query(
        `insert into record.waiting_work (work_key, event_id, stream, seen_at, tried_at)
       values ($1, gen_random_uuid(), $1, now() - interval '2 minutes', now())`,
        [key],
      )
    await wait('request-00000000-0000-4000-8000-000000000001')
    const waiting = await health()
    expect([waiting.status, waiting.reasons]).toEqual([503, ['1 approval waits longer than 60 s']])
    await wait('request-00000000-0000-4000-8000-000000000002')
    await portal.admin.query(`update record.waiting_work set trouble = 'it can not be read'`)
    const told = await health()
    expect([told.status, told.reasons]).toEqual([200, []])
    expect(told.facts).toMatchObject({ waitingApprovals: 2 })
    expect(told.facts.notes[0]).toBe('2 approvals wait longer than 60 s')
    expect(told.facts.notes[1]).toMatch(/^request-.*: it can not be read$/)
    await portal.admin.query('delete from record.waiting_work')
  },
)

test.each([
  ['nobody listens', 'esdb://127.0.0.1:1?tls=false', /EVENTSTORE_URL.*ECONNREFUSED/],
  [
    'the authority is not there',
    'esdb://127.0.0.1:1?tls=true&tlsCaFile=/nowhere/ca.crt',
    /\/nowhere\/ca\.crt/,
  ],
])(
  'where %s the health port is open and names cause and variable',
  { timeout },
  async (_what, eventStoreUrl, words) => {
    const health = await start({ eventStoreUrl })
    const { status, reasons } = await health()
    expect(status).toBe(503)
    expect(reasons.join()).toMatch(words)
  },
)
