import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { ExecutorProcess } from './executorProcess.ts'
import { checkAll } from './invariants.ts'
import { prepareMarks } from './markedRequests.ts'

/** Shorter than it takes to give the slow texts up, where something else is at work too. */
const leaseMs = 1500
const short = 400
const after = 50
const patience = { timeout: 200_000, interval: 100 }
const ended = ['EXECUTED', 'FAILED', 'CANCELLED', 'UNKNOWN']

let portal: TestPortal
let executor: ExecutorProcess
beforeAll(async () => {
  portal = await TestPortal.open()
  executor = ExecutorProcess.start(portal, { environment: { EXECUTOR_LEASE_MS: String(leaseMs) } })
  await executor.ready
})
beforeEach(() => prepareMarks(portal))
afterAll(async () => {
  await executor.kill()
  await portal.close()
})

async function run(slow: string) {
  const mark = `mark-${randomUUID()}/1`
  const content = `
    for (let n = 0; n < ${short}; n++) await db.query('select ' + n)
    const answers = []
    for (let n = 0; n < 3; n++)
      await db.query(${slow}).then(() => answers.push('executed'), (error) => answers.push(error.code))
    await db.query("insert into marks (text) values ('${mark}')")
    for (let n = 0; n < ${after}; n++) await db.query('select ' + n)
    return answers`
  const limits = { timeMs: 180_000 }
  const requestId = await portal.approved({ kind: 'script', content, limits })
  await expect.poll(async () => ended.includes((await portal.request(requestId)).status), patience).toBe(true)
  const request = { requestId, marks: [mark] }
  const events = await portal.events(requestId)
  return { request, events, head: await portal.result(requestId) }
}

const nested = `('/*'.repeat(64) + '*/'.repeat(64)).repeat(700) + ' select 1'`
const sum = `'select 1' + '+1'.repeat(90000)`
const honest = `'select 1 where 1 in (' + Array.from({ length: 30000 }, (_, n) => n).join(',') + ')'`

test.each([
  // How long the first takes is a matter of the machine.
  ['comments within comments', nested, ['TOO_COMPLEX', 'executed']],
  ['a sum', sum, ['TOO_COMPLEX']],
  ['an honest list of numbers', honest, ['executed']],
])(
  'texts of 180 kB in the middle of a script (%s) cost it no lease: it has one end, its own, and each statement is told once',
  { timeout: 240_000 },
  async (_what, slow, possible) => {
    const { request, events, head } = await run(slow)
    const answers = JSON.parse(head?.returned ?? '[]') as string[]
    expect([answers.length, answers.filter((answer) => !possible.includes(answer))]).toEqual([3, []])
    const statements = short + answers.filter((answer) => answer === 'executed').length + 1 + after
    const told = events.filter(({ type }) => type === 'StatementExecuted')
    expect(told.map(({ data }) => (data as { ordinal: number }).ordinal)).toEqual(
      Array.from({ length: statements }, (_unused, ordinal) => ordinal),
    )
    expect(events.at(-1)).toMatchObject({ type: 'RequestExecuted', data: { recovered: false } })
    expect(await checkAll(portal, [request])).toEqual([])
  },
)
