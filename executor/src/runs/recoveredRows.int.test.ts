import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RequestEvent, ResultHead } from '@sre-portal/contracts'
import type { ExecutorContext } from '../context.ts'
import { RowSpool } from '../results/rowSpool.ts'
import { RunSoFar } from '../results/runSoFar.ts'
import { pendingHead } from '../results/statementHead.ts'
import { closeExecutorContext, openExecutorContext } from '../testing/executorContext.ts'
import { TestPortal, type TestRequest } from '../testing/portal.ts'
import { claimApproval, type Approval, type ClaimedRun } from './claim.ts'
import { OutcomeJournal } from './outcomeJournal.ts'
import { OutcomePublisher } from './publish.ts'
import { recoverLostRuns } from './recovery.ts'
import { recordIntent } from './statementJournal.ts'

let portal: TestPortal
let context: ExecutorContext
let directory: string
beforeAll(async () => {
  portal = await TestPortal.open()
  directory = await mkdtemp(join(tmpdir(), 'sre-portal-journal-'))
  context = openExecutorContext(portal)
})
afterAll(async () => {
  await closeExecutorContext(context)
  await portal.close()
  await rm(directory, { recursive: true, force: true })
})

const script: TestRequest = { kind: 'script', content: 'await db.query("select 1")' }
const singly: TestRequest = { ...script, mode: 'per-statement' }

async function claimed(request: TestRequest): Promise<ClaimedRun> {
  const requestId = await portal.approved(request)
  const approval = (await portal.events(requestId)).find(({ type }) => type === 'RequestApproved')
  const run = await claimApproval(context, requestId, approval as Approval)
  if (!run) throw new Error('nobody else claims here')
  run.lease.stopRenewing()
  return run
}

/** A run that has had two answers, of two rows and of one, and is told of as it is now. */
function answering({ run: { executionId } }: ClaimedRun) {
  const spool = new RowSpool({ maxRows: 100, maxResultBytes: 100_000 })
  const soFar = new RunSoFar(context, executionId, spool)
  const answer = (ordinal: number, text: string, cells: string[]) => {
    for (const cell of cells) spool.add(ordinal, [cell])
    const head = pendingHead(ordinal, { text, offset: null })
    const counts = { rowCount: cells.length, storedRows: cells.length, affectedRows: 0, durationMs: 3 }
    spool.answered.add(
      Object.assign(head, { outcome: 'executed', columns: [{ name: 'n', type: 'int4' }], ...counts }),
    )
    return head
  }
  return { spool, soFar, answer }
}

async function twoAnswers(run: ClaimedRun) {
  const { soFar, answer } = answering(run)
  const heads = [answer(0, 'select n from t', ['1', '2']), answer(1, 'select 3', ['3'])]
  await soFar.write()
  return { soFar, heads }
}

const record = (run: ClaimedRun, texts: string[], readOnly = false) =>
  Promise.all(
    texts.map((text, ordinal) =>
      recordIntent(context, run.run.executionId, { ordinal, text, parameters: null, readOnly }),
    ),
  )

async function recovered(
  { run }: ClaimedRun,
  publisher = new OutcomePublisher(context, new OutcomeJournal(directory)),
): Promise<RequestEvent[]> {
  await portal.admin.query(`update record.execution_leases set expires_at = now() - interval '1 second'`)
  await recoverLostRuns(context, publisher)
  return (await portal.events(run.requestId)).slice(3)
}

async function stored({ run }: ClaimedRun) {
  const { rows } = await portal.admin.query<{ id: string; sha256: string; head: string; rows: string[] }>(
    `select result_id as id, sha256, head, (select array_agg(statement || ' ' || rows order by statement, first_row)
       from record.result_rows r where r.result_id = results.result_id) as rows
     from record.results where execution_id = $1`,
    [run.executionId],
  )
  const [row] = rows
  if (!row) throw new Error('there is a result')
  return { ...row, head: JSON.parse(row.head) as ResultHead }
}

const left = async () =>
  (
    await portal.admin.query(
      'select execution_id from record.running_rows union all select execution_id from record.running_statements',
    )
  ).rowCount

test('of a run whose outcome nobody knows, the rows that had come are kept and named by its last event', async () => {
  const run = await claimed(singly)
  await record(run, ['select n from t', 'select 3', 'delete from a'])
  await twoAnswers(run)
  const events = await recovered(run)
  const { id, sha256, head, rows } = await stored(run)
  expect(rows).toEqual(['0 ["1"]\n["2"]', '1 ["3"]'])
  expect(head.statements.map(({ text, outcome, error }) => [text, outcome, error?.code])).toEqual([
    ['select n from t', 'executed', undefined],
    ['select 3', 'executed', undefined],
    ['delete from a', 'failed', 'EXECUTOR_LOST'],
  ])
  expect(events).toMatchObject([
    { type: 'StatementExecuted', data: { rowCount: 2, error: null } },
    { type: 'StatementExecuted', data: { rowCount: 1, error: null } },
    { type: 'StatementExecuted', data: { rowCount: null, error: { code: 'EXECUTOR_LOST' } } },
    {
      type: 'ExecutionOutcomeUnknown',
      data: { kept: { resultId: id, resultSha256: sha256, storedRows: 3, statementCount: 3 } },
    },
  ])
  expect((await portal.request(run.run.requestId)).execution).toMatchObject({
    resultId: id,
    resultSha256: sha256,
  })
  expect(await left()).toBe(0)
})

test('what was undone with the connection is told as rolled back, with the rows that it had answered', async () => {
  const run = await claimed(script)
  await record(run, ['select n from t', 'select 3'])
  await twoAnswers(run)
  const end = (await recovered(run)).at(-1)
  const { id, head, rows } = await stored(run)
  expect(rows).toHaveLength(2)
  expect(head.statements.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'rolled-back'])
  expect(head.error?.code).toBe('EXECUTOR_LOST')
  expect(end).toMatchObject({
    type: 'RequestFailed',
    data: { effects: 'partial', resultId: id, storedRows: 3, recovered: true },
  })
})

test('of a query the statements that had not answered stand beside those that had', async () => {
  const run = await claimed({ content: 'select n from t; select 3; select 4; update t set n = 5' })
  await twoAnswers(run)
  const end = (await recovered(run)).at(-1)
  const { head } = await stored(run)
  expect(head.statements.map(({ text, error }) => [text.trim(), error?.code])).toEqual([
    ['select n from t', undefined],
    ['select 3', undefined],
    ['select 4', 'EXECUTOR_LOST'],
    ['update t set n = 5', 'EXECUTOR_LOST'],
  ])
  expect(end).toMatchObject({ type: 'RequestFailed', data: { statementCount: 4, effects: 'rolled-back' } })
})

test('a recovery that ends between the result and its event is told by the next one in the same way', async () => {
  const run = await claimed(singly)
  await record(run, ['select n from t', 'select 3', 'delete from a'])
  await twoAnswers(run)
  const crashing = new OutcomePublisher(context, new OutcomeJournal(directory))
  crashing.publish = () => Promise.reject(new Error('kill -9'))
  expect(await recovered(run, crashing)).toEqual([])
  const { id } = await stored(run)
  expect((await recovered(run)).at(-1)).toMatchObject({
    type: 'ExecutionOutcomeUnknown',
    data: { kept: { resultId: id, storedRows: 3 }, reason: expect.stringContaining('lost') as unknown },
  })
})

test('what changes after it was written, is written again; nothing that is known is written twice', async () => {
  const run = await claimed(singly)
  const { soFar, answer, spool } = answering(run)
  const cursor = answer(0, 'find', ['1'])
  await soFar.write()
  spool.add(0, ['2'])
  Object.assign(cursor, { storedRows: 2, rowCount: 2 })
  await soFar.write()
  await soFar.write()
  const { rows } = await portal.admin.query(
    `select first_row, rows, head::jsonb -> 'storedRows' as told
     from record.running_rows join record.running_statements using (execution_id)
     where execution_id = $1 order by first_row`,
    [run.run.executionId],
  )
  expect(rows).toEqual([
    { first_row: 0, rows: '["1"]', told: 2 },
    { first_row: 1, rows: '["2"]', told: 2 },
  ])
  await recovered(run)
})

test('who lost the run writes nothing more of it', async () => {
  const run = await claimed(singly)
  await record(run, ['select n from t', 'delete from a'])
  const { soFar, answer } = answering(run)
  await recovered(run)
  answer(0, 'select n from t', ['1'])
  await soFar.write()
  expect(await left()).toBe(0)
})
