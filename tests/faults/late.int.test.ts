import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RequestEvent, TransactionMode } from '@sre-portal/contracts'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import { realNode, type RealNode } from '../setup/realNode.ts'
import { ExecutorProcess, type ProcessOptions } from './executorProcess.ts'
import { Gate, passGate } from './gate.ts'
import type { MarkedRequest } from './history.ts'
import { checkAll } from './invariants.ts'
import { prepareMarks } from './markedRequests.ts'
import { stateOf } from './processState.ts'

// Events of a run are appended 200 at a time: fewer statements show nothing. `npm run nemesis` takes more of them.
const isLong = process.env['NEMESIS'] === 'long'
const lengths = isLong ? [450, 2000] : [450]
const executorCounts = isLong ? [1, 2] : [2]
const killedAt = isLong
  ? ['after-commit', 'before-result', 'after-result', 'after-batch', 'after-outcome']
  : ['after-batch']
const frozenAt = isLong ? ['before-result', 'after-batch'] : ['after-batch']

const timeout = 240_000
const patience = { timeout: 120_000, interval: 100 }
const ended = ['EXECUTED', 'FAILED', 'CANCELLED', 'UNKNOWN']

let portal: TestPortal
let node: RealNode
const running: ExecutorProcess[] = []
beforeAll(async () => {
  node = await realNode()
  portal = await TestPortal.open(() => Promise.resolve(node))
})
beforeEach(() => prepareMarks(portal))
afterEach(async () => {
  node.trouble({})
  for (const executor of running.splice(0)) await executor.kill()
})
afterAll(() => portal.close())

async function start(options: ProcessOptions): Promise<ExecutorProcess> {
  const executor = ExecutorProcess.start(portal, options)
  running.push(executor)
  await executor.ready
  return executor
}

/** A script of so many reads, a write, and one more read. */
async function approveLong(
  statements: number,
  mode: TransactionMode = 'single',
  last = 'select 1',
): Promise<MarkedRequest> {
  const mark = `mark-${randomUUID()}/1`
  const content = `for (let n = 0; n < ${statements}; n++) await db.query("select " + n);
    await db.query("insert into marks (text) values ('${mark}')");
    await db.query("${last}")`
  return { requestId: await portal.approved({ kind: 'script', mode, content }), marks: [mark] }
}

const statusOf = async ({ requestId }: MarkedRequest) => (await portal.request(requestId)).status
const untilEnded = (request: MarkedRequest) =>
  expect.poll(async () => ended.includes(await statusOf(request)), patience).toBe(true)

/** One end, nothing behind it, each statement told once and in order. */
async function expectWhole(request: MarkedRequest, statements: number): Promise<void> {
  const events = await portal.events(request.requestId)
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  const told = events.filter(isStatement).map(({ data }) => data.ordinal)
  expect(told).toEqual(Array.from({ length: told.length }, (_, ordinal) => ordinal))
  expect(told.length).toBeGreaterThanOrEqual(statements + 1)
  expect(ended).toContain(await statusOf(request))
  expect(events.slice(-1).map(({ type }) => type)).toEqual([
    expect.stringMatching(/^(RequestExecuted|RequestFailed|ExecutionOutcomeUnknown)$/),
  ])
  expect(await checkAll(portal, [request])).toEqual([])
}

const isStatement = (
  event: StoredEvent<RequestEvent>,
): event is StoredEvent<RequestEvent & { type: 'StatementExecuted' }> => event.type === 'StatementExecuted'

describe.each(lengths)('a script of %i statements', (statements) => {
  test.each([
    ['single', 'FAILED'],
    ['per-statement', 'UNKNOWN'],
  ] as const)(
    'whose executor freezes in the middle (%s) is settled by another as %s, and nothing is added when it wakes up',
    { timeout },
    async (mode, status) => {
      const frozen = await start({ name: 'frozen' })
      const gate = await Gate.close(portal)
      const request = await approveLong(statements, mode, passGate)
      await gate.untilReached()
      frozen.signal('SIGSTOP')
      await gate.open()
      await start({ name: 'awake' })
      await expect.poll(() => statusOf(request), patience).toBe(status)
      const settled = await portal.events(request.requestId)
      frozen.signal('SIGCONT')
      await expect.poll(() => frozen.output, patience).toMatch(/has its outcome from a recovery/)
      expect(await portal.events(request.requestId)).toEqual(settled)
      await expectWhole(request, statements)
    },
  )

  describe.each(executorCounts)('and %i executors', (count) => {
    test.each(killedAt)('one of which is killed at %s', { timeout }, async (place) => {
      const victim = await start({ name: 'victim', failpoint: `${place}:kill` })
      const request = await approveLong(statements)
      await victim.exited
      await start({ name: count === 1 ? 'victim' : 'other' })
      await untilEnded(request)
      expect(await statusOf(request)).toBe('EXECUTED')
      await expectWhole(request, statements)
    })

    test.each(frozenAt)(
      'one of which freezes at %s and wakes up again and again',
      { timeout },
      async (place) => {
        const frozen = await start({ name: 'frozen', failpoint: `${place}:stop` })
        const request = await approveLong(statements)
        await expect.poll(() => stateOf(frozen.pid), patience).toBe('T')
        if (count > 1) {
          await start({ name: 'awake' })
          await untilEnded(request)
        }
        const wakeUp = setInterval(() => frozen.signal('SIGCONT'), 50)
        try {
          await untilEnded(request)
          const leases = 'select from record.execution_leases'
          await expect.poll(async () => (await portal.admin.query(leases)).rowCount, patience).toBe(0)
        } finally {
          clearInterval(wakeUp)
        }
        await expectWhole(request, statements)
      },
    )

    test('whose event store answers late to what it has written', { timeout }, async () => {
      for (let index = 0; index < count; index++) await start({ name: `executor-${index}` })
      const request = await approveLong(statements)
      let late = 0
      node.trouble({
        appends: (stream) =>
          stream === `request-${request.requestId}` && late++ % 2 === 0 ? 'written' : 'right',
      })
      await untilEnded(request)
      expect(late).toBeGreaterThan(3)
      await expectWhole(request, statements)
    })
  })
})
