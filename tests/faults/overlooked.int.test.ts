import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Executor } from '@sre-portal/executor/app'
import { ScriptSandbox } from '@sre-portal/executor/sandbox/scriptSandbox'
import { startInProcess } from '@sre-portal/executor/testing/inProcess'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { realNode, type RealNode } from '../setup/realNode.ts'
import { ExecutorProcess, type ProcessOptions } from './executorProcess.ts'
import type { MarkedRequest } from './history.ts'
import { checkAll } from './invariants.ts'
import { approveMarked, postgresKinds, prepareMarks } from './markedRequests.ts'

const timeout = 120_000
const patience = { timeout: 60_000, interval: 100 }
const group = 'executors'
const ended = ['EXECUTED', 'FAILED', 'CANCELLED', 'UNKNOWN']

let portal: TestPortal
let node: RealNode
let sandbox: ScriptSandbox
const running: ExecutorProcess[] = []
const inProcess: Executor[] = []
beforeAll(async () => {
  sandbox = new ScriptSandbox({ jitless: true })
  node = await realNode()
  portal = await TestPortal.open(() => Promise.resolve(node))
})
// All requests of the present test, since everything that is at the target must belong to one of them.
let asked: MarkedRequest[] = []
beforeEach(async () => {
  asked = []
  await prepareMarks(portal)
})
afterEach(async () => {
  for (const executor of running.splice(0)) await executor.kill()
  for (const executor of inProcess.splice(0)) await executor.stop()
  node.trouble({})
  await node.thaw()
})
afterAll(async () => {
  await sandbox.close()
  await portal.close()
})

async function start(options: ProcessOptions = {}): Promise<ExecutorProcess> {
  const executor = ExecutorProcess.start(portal, {
    ...options,
    environment: {
      EXECUTOR_OVERLOOKED_AFTER_MS: '500',
      EXECUTOR_LEASE_MS: '30000',
      ...options.environment,
    },
  })
  running.push(executor)
  await executor.ready
  return executor
}

/** One in this process, where it needn't be killed. */
async function startHere(): Promise<Executor> {
  const executor = await startInProcess(portal, { sandbox, overlookedAfterMs: 500 })
  inProcess.push(executor)
  return executor
}

const statusOf = async (requestId: string) => (await portal.request(requestId)).status

async function approveEach(rounds: number): Promise<MarkedRequest[]> {
  const requests: MarkedRequest[] = []
  for (let round = 0; round < rounds; round++)
    for (const kind of postgresKinds) requests.push(await approveMarked(portal, kind))
  asked.push(...requests)
  return requests
}

async function allExecuted(): Promise<void> {
  for (const { requestId } of asked) await expect.poll(() => statusOf(requestId), patience).toBe('EXECUTED')
  expect(await checkAll(portal, asked)).toEqual([])
}

const waiting = async () => (await portal.admin.query('select from record.waiting_work')).rowCount

test(
  'approvals that the group lost while no executor was there are run, in order of the log, each once',
  { timeout },
  async () => {
    const first = await start()
    await approveEach(1)
    await allExecuted()
    await first.kill()
    await approveEach(4)
    await node.loseBacklog(group)
    await approveEach(1)
    await Promise.all([start({ name: 'executor-1' }), start({ name: 'executor-2' })])
    await allExecuted()
    await expect.poll(waiting, patience).toBe(0)
  },
)

test(
  'approvals of an installation that had no reading of its own are found from the beginning of the log',
  { timeout },
  async () => {
    await approveEach(2)
    await portal.admin.query('delete from record.waiting_work')
    await portal.admin.query(
      'update record.work_reading set event_id = null, event_position = null, passed_position = null',
    )
    await node.loseBacklog(group)
    await startHere()
    await allExecuted()
  },
)

test.each([
  ['of another event store', `event_id = gen_random_uuid()`],
  ['beyond the end of the log', `event_position = event_position + 100000000, passed_position = null`],
  ['that has passed the end of the log', `passed_position = event_position + 100000000`],
])('a place %s is not believed', { timeout }, async (_what, change) => {
  const first = await startHere()
  await approveEach(1)
  await allExecuted()
  await first.stop()
  inProcess.splice(0)
  await approveEach(1)
  await portal.admin.query(`update record.work_reading set ${change}`)
  await node.loseBacklog(group)
  await startHere()
  await allExecuted()
})

test(
  'the reading is taken over from an executor that is killed or frozen, and what a frozen one read counts for nothing',
  { timeout },
  async () => {
    const first = await start({ name: 'executor-1' })
    const reader = async () =>
      (await portal.admin.query<{ reader: string }>('select reader from record.work_reading')).rows[0]?.reader
    await expect.poll(reader, patience).toMatch(/^executor-1/)
    first.signal('SIGSTOP')
    await approveEach(1)
    await node.loseBacklog(group)
    await start({ name: 'executor-2' })
    await expect.poll(reader, patience).toMatch(/^executor-2/)
    await allExecuted()
    first.signal('SIGCONT')
    await approveEach(2)
    await allExecuted()
    expect(await reader()).toMatch(/^executor-2/)
  },
)

test(
  'executors that the store left and that lost their group find every approval once the store is back',
  { timeout },
  async () => {
    await Promise.all([start({ name: 'executor-1' }), start({ name: 'executor-2' })])
    for (let round = 0; round < 3; round++) {
      await node.down()
      await node.thaw()
      await expect.poll(() => portal.store.ready(), patience).toBe(true)
      await approveEach(1)
      await node.loseBacklog(group)
    }
    await portal.store.client.deletePersistentSubscriptionToAll(group).catch(() => undefined)
    await approveEach(1)
    for (const { requestId } of asked)
      await expect.poll(async () => ended.includes(await statusOf(requestId)), patience).toBe(true)
    expect(await checkAll(portal, asked)).toEqual([])
  },
)

test('connection tests that the group lost are answered too', { timeout }, async () => {
  const testId = crypto.randomUUID()
  const stream = `instance-${portal.instanceId}`
  const before = await portal.store.readStream(stream)
  await portal.append(stream, [{ type: 'InstanceTestRequested', data: { testId } }], before.length - 1)
  await node.loseBacklog(group)
  await startHere()
  const answers = async () =>
    (await portal.store.readStream(stream)).filter(
      ({ type, data }) => type === 'InstanceTested' && 'testId' in data && data.testId === testId,
    ).length
  await expect.poll(answers, patience).toBe(1)
})
