import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RequestStatus } from '@sre-portal/contracts'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { ExecutorProcess } from './executorProcess.ts'
import { checkAll, type MarkedRequest } from './invariants.ts'
import { approveMarked, kinds, prepareMarks, type Kind } from './markedRequests.ts'

/** Where a process dies, and what must be found of its run afterwards. */
const faults: [failpoint: string, kind: Kind, status: RequestStatus][] = [
  ['after-claim', 'query', 'FAILED'],
  ['mid-transaction', 'query', 'FAILED'],
  ['before-commit', 'query', 'FAILED'],
  ['after-commit', 'query', 'EXECUTED'],
  ['before-result', 'query', 'EXECUTED'],
  ['after-result', 'query', 'EXECUTED'],
  ['after-outcome', 'query', 'EXECUTED'],
  ['after-claim', 'script', 'FAILED'],
  ['mid-transaction', 'script', 'FAILED'],
  ['before-commit', 'script', 'FAILED'],
  ['after-commit', 'script', 'EXECUTED'],
  ['before-result', 'script', 'EXECUTED'],
  ['after-result', 'script', 'EXECUTED'],
  ['after-outcome', 'script', 'EXECUTED'],
  ['after-claim', 'script, each statement by itself', 'FAILED'],
  ['after-write', 'script, each statement by itself', 'UNKNOWN'],
  ['before-result', 'script, each statement by itself', 'UNKNOWN'],
  ['after-result', 'script, each statement by itself', 'EXECUTED'],
  ['after-outcome', 'script, each statement by itself', 'EXECUTED'],
  // Nothing was claimed then, so the next process runs it: it must be the last of the row.
  ['before-claim', 'query', 'EXECUTED'],
]

const timeout = 90_000
const patienceMs = 60_000
const ended = ['EXECUTED', 'FAILED', 'UNKNOWN', 'CANCELLED']
const killed = { code: null, signal: 'SIGKILL' }

let portal: TestPortal
const requests: MarkedRequest[] = []
beforeAll(async () => {
  portal = await TestPortal.open()
  await prepareMarks(portal)
})
afterAll(() => portal.close())

const statusOf = async ({ requestId }: MarkedRequest) => (await portal.request(requestId)).status

async function untilEnded(requests: MarkedRequest[], witness: () => string): Promise<void> {
  for (const request of requests) {
    const isEnded = async () => ended.includes(await statusOf(request))
    await expect.poll(isEnded, { timeout: patienceMs, interval: 100, message: witness() }).toBe(true)
  }
}

describe('a single executor, killed and started again', () => {
  let current: ExecutorProcess | null = null
  afterAll(() => current?.kill())

  const start = (fault: (typeof faults)[number] | undefined) =>
    ExecutorProcess.start(portal, { name: 'executor-1', ...(fault ? { failpoint: `${fault[0]}:kill` } : {}) })

  test.each(faults.map((fault, index) => [...fault, index] as const))(
    'at %s of a %s: the outcome is %s',
    { timeout },
    async (_failpoint, kind, status, index) => {
      // Each process is started to die at its own place, after it has settled what the one before it left.
      const victim = current ?? start(faults[index])
      const request = await approveMarked(portal, kind)
      requests.push(request)
      expect(await victim.exited).toEqual(killed)
      const successor = start(faults[index + 1])
      current = successor
      await untilEnded([request], () => successor.output)
      expect(await statusOf(request)).toBe(status)
      expect(await checkAll(portal, requests)).toEqual([])
    },
  )
})

describe('two executors, one of which is killed', () => {
  let survivor: ExecutorProcess
  beforeAll(async () => {
    survivor = ExecutorProcess.start(portal, { name: 'survivor' })
    await survivor.ready
  })
  afterAll(() => survivor.kill())

  test.each([
    'before-claim',
    'after-claim',
    'mid-transaction',
    'before-commit',
    'after-commit',
    'before-result',
    'after-result',
  ])(
    'at %s: what it had begun is settled by the other, which goes on with the rest',
    { timeout },
    async (failpoint) => {
      const victim = ExecutorProcess.start(portal, { name: 'victim', failpoint: `${failpoint}:kill` })
      await victim.ready
      const mine: MarkedRequest[] = []
      while (victim.isRunning) {
        mine.push(...(await Promise.all(kinds.map((kind) => approveMarked(portal, kind)))))
        await untilEnded(mine.slice(0, -kinds.length), () => survivor.output)
      }
      requests.push(...mine)
      expect(await victim.exited).toEqual(killed)
      await untilEnded(mine, () => survivor.output)
      expect(await checkAll(portal, requests)).toEqual([])
    },
  )
})
