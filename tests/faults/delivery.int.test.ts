import { randomUUID } from 'node:crypto'
import {
  PARK,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  eventTypeFilter,
} from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { defaultExecutionLimits } from '@sre-portal/contracts'
import { thisMachine } from '@sre-portal/executor/testing/thisMachine'
import type { ExecutorContext } from '@sre-portal/executor/context'
import { claimApproval, type Approval } from '@sre-portal/executor/runs/claim'
import { ScriptSandbox } from '@sre-portal/executor/sandbox/scriptSandbox'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import { ExecutorProcess } from './executorProcess.ts'
import type { MarkedRequest } from './history.ts'
import { checkAll } from './invariants.ts'
import { approveMarked, prepareMarks } from './markedRequests.ts'

const group = 'executors'
const timeout = 120_000
const patience = { timeout: 60_000, interval: 50 }

let portal: TestPortal
const running: ExecutorProcess[] = []
beforeAll(async () => {
  portal = await TestPortal.open()
})
beforeEach(async () => {
  await prepareMarks(portal)
})
afterEach(async () => {
  for (const executor of running.splice(0)) await executor.kill()
})
afterAll(() => portal.close())

async function startExecutors(...names: string[]): Promise<void> {
  // A lease that outlasts a busy machine: nothing is to be lost here.
  const environment = { EXECUTOR_LEASE_MS: '30000' }
  const started = names.map((name) => ExecutorProcess.start(portal, { name, environment }))
  running.push(...started)
  await Promise.all(started.map(({ ready }) => ready))
}

const approveMany = (count: number): Promise<MarkedRequest[]> =>
  Promise.all(Array.from({ length: count }, () => approveMarked(portal, 'query')))

const allExecuted = async (requests: MarkedRequest[]) => {
  for (const { requestId } of requests)
    await expect.poll(async () => (await portal.request(requestId)).status, patience).toBe('EXECUTED')
}

const statsOf = async () => (await portal.store.client.getPersistentSubscriptionToAllInfo(group)).stats

/** Resolves when everything that the group has to deliver was delivered and acknowledged. */
async function allAcknowledged(count: number): Promise<void> {
  const acknowledged = async () => {
    const { totalItems, totalInFlightMessages, retryBufferCount } = await statsOf()
    return Number(totalItems) >= count && totalInFlightMessages === 0 && Number(retryBufferCount) === 0
  }
  await expect.poll(() => acknowledged().catch(() => false), patience).toBe(true)
}

test('approvals that are delivered again and again, to two executors, run once', { timeout }, async () => {
  await startExecutors('executor-1', 'executor-2')
  const requests = await approveMany(20)
  for (let round = 0; round < 3; round++) {
    await allAcknowledged(round === 0 ? 1 : requests.length)
    // The executors make the group anew, from the first event on.
    await portal.store.client.deletePersistentSubscriptionToAll(group)
    requests.push(...(await approveMany(5)))
  }
  await allExecuted(requests)
  await allAcknowledged(requests.length)
  expect(await checkAll(portal, requests)).toEqual([])
})

test('parked approvals run once, although they are parked and replayed twice', { timeout }, async () => {
  const { client } = portal.store
  const replay = () => client.replayParkedMessagesToAll(group)
  const requests = await approveMany(5)
  await park(requests)
  await startExecutors('executor-1', 'executor-2')
  await Promise.all([replay(), replay()])
  await allExecuted(requests)
  for (const executor of running.splice(0)) await executor.kill()
  // Now they are parked although they have run.
  await park(requests)
  await startExecutors('executor-1', 'executor-2')
  await replay()
  await replay()
  await expect.poll(async () => Number((await statsOf()).parkedMessageCount), patience).toBe(0)
  await allAcknowledged(requests.length)
  expect(await checkAll(portal, requests)).toEqual([])
})

/** Makes the group anew, takes everything from it before any executor, and parks what belongs to these requests. */
async function park(requests: MarkedRequest[]): Promise<void> {
  const { client } = portal.store
  await client.deletePersistentSubscriptionToAll(group).catch(() => undefined)
  await client.createPersistentSubscriptionToAll(
    group,
    persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START, checkPointLowerBound: 1 }),
    { filter: eventTypeFilter({ prefixes: ['RequestApproved', 'InstanceTestRequested'] }) },
  )
  const wanted = new Set(requests.map(({ requestId }) => `request-${requestId}`))
  const thief = client.subscribeToPersistentSubscriptionToAll(group)
  thief.on('data', (resolved) => {
    const isWanted = wanted.has(resolved.event?.streamId ?? '')
    void (isWanted ? thief.nack(PARK, 'on purpose', resolved) : thief.ack(resolved))
  })
  await expect.poll(async () => Number((await statsOf()).parkedMessageCount), patience).toBe(requests.length)
  await thief.unsubscribe()
}

test('of two executors that claim the same approval at the same moment one wins, two hundred times', async () => {
  const sandbox = new ScriptSandbox({ jitless: true })
  const contexts = ['executor-1', 'executor-2'].map((name) => contextOf(name, sandbox))
  try {
    const submitted = await Promise.all(
      Array.from({ length: 200 }, () => portal.submitted({ content: 'select 1' })),
    )
    for (const request of submitted) await portal.approve(request)
    const claims = await Promise.all(
      submitted.map(async ({ requestId }) => {
        const approval = (await portal.events(requestId)).find(({ type }) => type === 'RequestApproved')
        return Promise.all(contexts.map((context) => claimApproval(context, requestId, approval as Approval)))
      }),
    )
    for (const pair of claims) for (const claim of pair) claim?.lease.stopRenewing()
    expect(claims.map((pair) => pair.filter((claim) => claim !== null).length)).toEqual(
      submitted.map(() => 1),
    )
    const started = await Promise.all(
      submitted.map(
        async ({ requestId }) =>
          (await portal.events(requestId)).filter(({ type }) => type === 'ExecutionStarted').length,
      ),
    )
    expect(started).toEqual(submitted.map(() => 1))
    const { rows } = await portal.admin.query<{ n: number }>(
      'select count(*)::int as n from record.execution_leases where request_id = any($1)',
      [submitted.map(({ requestId }) => requestId)],
    )
    expect(rows).toEqual([{ n: 200 }])
  } finally {
    for (const { store, pool } of contexts) {
      await store.close()
      await pool.end()
    }
    await sandbox.close()
  }
})

/** What an executor works with, with connections of its own. */
function contextOf(name: string, sandbox: ScriptSandbox): ExecutorContext {
  const log = createLog('executor', 'silent')
  const pool = createPool(portal.database.urls.executor, 'executor', log)
  return {
    store: connectEventStore(portal.eventStoreUrl),
    pool,
    journalPool: pool,
    keyRing: parseKeyRing(portal.credentialKeys),
    log,
    executorId: name,
    ownerId: `${name}/${randomUUID()}`,
    sandbox,
    leaseMs: defaultExecutionLimits.timeMs,
    connectTimeoutMs: 3000,
    addresses: thisMachine,
    failpoint: () => undefined,
    now: () => new Date(),
    newId: () => randomUUID(),
  }
}
