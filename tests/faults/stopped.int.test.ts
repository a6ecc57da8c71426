import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { ExecutorProcess, type ProcessOptions } from './executorProcess.ts'
import { Gate, passGate } from './gate.ts'
import type { MarkedRequest } from './history.ts'
import { checkAll } from './invariants.ts'
import { approveMarked, prepareMarks } from './markedRequests.ts'
import { childrenOf, isAlive, stateOf } from './processState.ts'
import { TcpProxy } from './tcpProxy.ts'

let portal: TestPortal
const running: ExecutorProcess[] = []
const timeout = 120_000
const patience = { timeout: 60_000, interval: 50 }

beforeAll(async () => {
  portal = await TestPortal.open()
})
beforeEach(async () => {
  for (const executor of running.splice(0)) await executor.kill()
  await prepareMarks(portal)
})
afterAll(async () => {
  for (const executor of running) await executor.kill()
  await portal.close()
})

async function start(options: ProcessOptions): Promise<ExecutorProcess> {
  const executor = ExecutorProcess.start(portal, options)
  running.push(executor)
  await executor.ready
  return executor
}

const statusOf = async (requestId: string) => (await portal.request(requestId)).status
const until = (requestId: string, status: string) =>
  expect.poll(() => statusOf(requestId), patience).toBe(status)
const mark = (name: string) => `insert into marks (text) values ('${name}')`
const marked = (requestId: string, name: string): MarkedRequest => ({ requestId, marks: [name] })

test(
  'an executor that is asked to stop finishes what it runs and begins nothing new',
  { timeout },
  async () => {
    const executor = await start({})
    const gate = await Gate.close(portal)
    const slow = await portal.approved({ content: `${mark('slow')}; ${passGate}` })
    await gate.untilReached()
    await until(slow, 'EXECUTING')
    executor.signal('SIGTERM')
    await expect.poll(() => executor.output, patience).toContain('"msg":"stopping"')
    const late = await portal.approved({ content: mark('late') })
    await gate.open()
    expect(await executor.exited).toEqual({ code: 0, signal: null })
    expect([await statusOf(slow), await statusOf(late)]).toEqual(['EXECUTED', 'APPROVED'])
    await start({})
    await until(late, 'EXECUTED')
    expect(await checkAll(portal, [marked(slow, 'slow'), marked(late, 'late')])).toEqual([])
  },
)

test.skipIf(process.platform !== 'linux')(
  'a killed executor leaves no script behind',
  { timeout },
  async () => {
    const executor = await start({})
    const requestId = await portal.approved({
      kind: 'script',
      content: `await db.query('select 1'); for (;;) {}`,
    })
    await expect
      .poll(
        async () => (await portal.admin.query('select from record.execution_statements')).rowCount,
        patience,
      )
      .toBe(1)
    const children = childrenOf(executor.pid)
    expect(children.length).toBeGreaterThan(0)
    await executor.kill()
    await expect.poll(() => children.filter(isAlive), patience).toEqual([])
    await start({})
    await until(requestId, 'FAILED')
  },
)

test.each([
  ['after-claim', 'FAILED'],
  ['mid-transaction', 'FAILED'],
  ['after-commit', 'EXECUTED'],
  ['before-result', 'EXECUTED'],
])(
  'an executor that was frozen %s and wakes up after others settled its run as %s changes nothing',
  { timeout },
  async (place, status) => {
    const frozen = await start({ name: 'frozen', failpoint: `${place}:stop` })
    const request = await approveMarked(portal, 'query')
    await expect.poll(() => stateOf(frozen.pid), patience).toBe('T')
    await start({ name: 'awake' })
    await until(request.requestId, status)
    const settled = await portal.events(request.requestId)
    // It stops again after each statement of the query.
    const wakeUp = setInterval(() => frozen.signal('SIGCONT'), 50)
    await expect.poll(() => frozen.output, patience).toMatch(/has its outcome from a recovery/)
    clearInterval(wakeUp)
    const locks = `select from pg_locks where relation = 'marks'::regclass and granted and pid <> pg_backend_pid()`
    await expect.poll(async () => (await portal.target.query(locks)).rowCount, patience).toBe(0)
    expect(await portal.events(request.requestId)).toEqual(settled)
    expect(await checkAll(portal, [request])).toEqual([])
  },
)

test(
  'an outcome that the event store can not take is kept on disk, over a kill, and no new work is begun',
  { timeout },
  async () => {
    const store = new URL(portal.eventStoreUrl)
    const proxy = await TcpProxy.open({ host: store.hostname, port: Number(store.port) })
    store.port = String(proxy.port)
    const viaProxy = { EVENTSTORE_URL: store.href, EXECUTOR_LEASE_MS: '60000' }
    try {
      const executor = await start({ environment: viaProxy })
      const gate = await Gate.close(portal)
      const requestId = await portal.approved({ content: `${mark('kept')}; ${passGate}` })
      await gate.untilReached()
      await proxy.disturb('cut')
      await gate.open()
      // The COMMIT can not be recorded any more, so that nothing may be committed.
      await expect.poll(() => executor.output.includes('waits on disk'), patience).toBe(true)
      await executor.kill()
      await proxy.mend()
      await start({ environment: viaProxy })
      await until(requestId, 'FAILED')
      expect((await portal.request(requestId)).execution).toMatchObject({
        recovered: false,
        effects: 'rolled-back',
        error: { code: 'NOT_RECORDED' },
      })
      const next = await portal.approved({ content: mark('next') })
      await until(next, 'EXECUTED')
      expect(await checkAll(portal, [marked(requestId, 'kept'), marked(next, 'next')])).toEqual([])
    } finally {
      await proxy.close()
    }
  },
)

test(
  'an outcome of what was committed just before the event store was cut off is told once it is back',
  { timeout },
  async () => {
    const store = new URL(portal.eventStoreUrl)
    const proxy = await TcpProxy.open({ host: store.hostname, port: Number(store.port) })
    store.port = String(proxy.port)
    const environment = { EVENTSTORE_URL: store.href, EXECUTOR_LEASE_MS: '60000' }
    try {
      const executor = await start({ environment, failpoint: 'after-commit:stop' })
      const request = await approveMarked(portal, 'query')
      await expect.poll(() => stateOf(executor.pid), patience).toBe('T')
      await proxy.disturb('cut')
      executor.signal('SIGCONT')
      await expect.poll(() => executor.output, patience).toContain('waits on disk')
      await executor.kill()
      await proxy.mend()
      await start({ environment })
      await until(request.requestId, 'EXECUTED')
      // The executor itself tells it, with its result; nobody had to find it out.
      const { execution } = await portal.request(request.requestId)
      expect(execution).toMatchObject({ recovered: false, error: null })
      expect(execution?.resultId).not.toBeNull()
      expect(await checkAll(portal, [request])).toEqual([])
    } finally {
      await proxy.close()
    }
  },
)
