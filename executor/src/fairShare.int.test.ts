import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Executor } from './app.ts'
import { ScriptSandbox } from './sandbox/scriptSandbox.ts'
import { startInProcess } from './testing/inProcess.ts'
import { TestPortal } from './testing/portal.ts'

const patience = { timeout: 60_000, interval: 20 }
/** Reads as soon as the gate is opened. */
const content = 'select n from gate'

let portal: TestPortal
let sandbox: ScriptSandbox
let running: Executor[] = []

beforeAll(async () => {
  sandbox = new ScriptSandbox({ jitless: true })
  portal = await TestPortal.open()
  await portal.target.query('create table gate (n int)')
})
afterAll(async () => {
  await sandbox.close()
  await portal.close()
})
beforeEach(async () => {
  await portal.target.query('begin; lock table gate')
})
afterEach(async () => {
  await portal.target.query('rollback')
  for (const executor of running.splice(0)) await executor.stop()
})

async function start(name: string, overlookedAfterMs: number): Promise<Executor> {
  const executor = await startInProcess(portal, { name, sandbox, overlookedAfterMs })
  running.push(executor)
  return executor
}

async function approveMany(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let asked = 0; asked < count; asked++) ids.push(await portal.approved({ content }))
  return ids
}

const statuses = async (ids: string[]) =>
  (await Promise.all(ids.map((id) => portal.request(id)))).map(({ status }) => status)
const countOf = async (ids: string[], status: string) =>
  (await statuses(ids)).filter((each) => each === status).length
const remembered = async () => (await portal.admin.query('select from record.waiting_work')).rowCount

async function isAnsweredBeside(ids: string[], executing: number): Promise<void> {
  await expect.poll(() => countOf(ids, 'EXECUTING'), patience).toBe(executing)
  const other = await portal.approved({
    content: 'select 1',
    requesterId: await portal.registerPerson('Noor'),
  })
  await expect.poll(() => statuses([other]), patience).toEqual(['EXECUTED'])
  expect(await countOf(ids, 'EXECUTING')).toBe(executing)
  await expect.poll(remembered, patience).toBe(ids.length - executing)
}

async function runsAll(ids: string[]): Promise<void> {
  await portal.target.query('rollback')
  await expect.poll(() => countOf(ids, 'EXECUTED'), patience).toBe(ids.length)
  const events = await Promise.all(ids.map((id) => portal.events(id)))
  expect(events.map((of) => of.filter(({ type }) => type === 'ExecutionStarted').length)).toEqual(
    ids.map(() => 1),
  )
  await expect.poll(remembered, patience).toBe(0)
}

test('a person whose runs take long leaves room for the query of another, and has each of them run', async () => {
  await start('executor-1', 60_000)
  const ids = await approveMany(12)
  await isAnsweredBeside(ids, 3)
  await runsAll(ids)
})

test('two executors that find the same waiting runs forget none of them, and run each once', async () => {
  await start('executor-1', 200)
  await start('executor-2', 200)
  const ids = await approveMany(14)
  await isAnsweredBeside(ids, 6)
  await runsAll(ids)
})

test('runs that waited for their turn at an executor that stopped are begun by the next one', async () => {
  const first = await start('executor-1', 60_000)
  const ids = await approveMany(9)
  await isAnsweredBeside(ids, 3)
  running = []
  const stopped = first.stop()
  await portal.target.query('rollback; begin; lock table gate')
  await stopped
  expect([await countOf(ids, 'EXECUTED'), await countOf(ids, 'APPROVED')]).toEqual([3, 6])
  await start('executor-2', 200)
  await runsAll(ids)
})
