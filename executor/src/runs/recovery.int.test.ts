import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jsonEvent } from '@eventstore/db-client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { streamName, type RequestEvent } from '@sre-portal/contracts'
import type { ExecutorContext } from '../context.ts'
import { keepResult } from '../results/resultStore.ts'
import { RowSpool } from '../results/rowSpool.ts'
import { pendingHead } from '../results/statementHead.ts'
import type { RunReport } from '../runControl.ts'
import { closeExecutorContext, openExecutorContext } from '../testing/executorContext.ts'
import { TestPortal, type TestRequest } from '../testing/portal.ts'
import { claimApproval, type Approval, type ClaimedRun } from './claim.ts'
import { Lease } from './leases.ts'
import { OutcomeJournal } from './outcomeJournal.ts'
import { OutcomePublisher } from './publish.ts'
import { recoverLostRuns } from './recovery.ts'
import { RunStream, runEvents } from './runStream.ts'
import { LeaseLost, recordIntent } from './statementJournal.ts'

let portal: TestPortal
let context: ExecutorContext
let publisher: OutcomePublisher
let directory: string
let now = new Date()
beforeAll(async () => {
  portal = await TestPortal.open()
  directory = await mkdtemp(join(tmpdir(), 'sre-portal-journal-'))
  context = openExecutorContext(portal, () => now)
  publisher = new OutcomePublisher(context, new OutcomeJournal(directory))
})
beforeEach(async () => {
  now = new Date()
  await portal.admin.query('delete from record.execution_leases')
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

const intent = (ordinal: number, text: string, readOnly = false) => ({
  ordinal,
  text,
  parameters: null,
  readOnly,
})
const expire = () =>
  portal.admin.query(`update record.execution_leases set expires_at = now() - interval '1 second'`)
async function recovered({ run }: ClaimedRun): Promise<RequestEvent[]> {
  await expire()
  await recoverLostRuns(context, publisher)
  return (await portal.events(run.requestId)).slice(3)
}
const leases = async () => (await portal.admin.query('select from record.execution_leases')).rowCount

test('a run of which nothing was recorded is told as failed without effects', async () => {
  const run = await claimed(singly)
  expect(await recovered(run)).toMatchObject([
    { type: 'RequestFailed', data: { effects: 'none', recovered: true, error: { code: 'EXECUTOR_LOST' } } },
  ])
  expect(await leases()).toBe(0)
})

test('reads alone leave nothing behind; a write that commits by itself makes the outcome unknown', async () => {
  const reads = await claimed(singly)
  await recordIntent(context, reads.run.executionId, intent(0, 'select 1', true))
  expect(await recovered(reads)).toMatchObject([
    { type: 'StatementExecuted', data: { text: 'select 1', error: { code: 'EXECUTOR_LOST' } } },
    { type: 'RequestFailed', data: { effects: 'rolled-back', statementCount: 1 } },
  ])
  const writes = await claimed(singly)
  await recordIntent(context, writes.run.executionId, intent(0, 'delete from a'))
  expect((await recovered(writes)).map(({ type }) => type)).toEqual([
    'StatementExecuted',
    'ExecutionOutcomeUnknown',
  ])
  const undone = await claimed(script)
  await recordIntent(context, undone.run.executionId, intent(0, 'delete from a'))
  // What hangs on the table was known to the lost executor alone.
  expect((await recovered(undone)).at(-1)).toMatchObject({
    type: 'RequestFailed',
    data: { effects: 'partial' },
  })
})

test('of a long statement the hash is of all of it', async () => {
  const run = await claimed(script)
  const text = `select '${'é'.repeat(50_000)}'`
  await recordIntent(context, run.run.executionId, intent(0, text))
  const [statement] = await recovered(run)
  expect(statement?.data).toMatchObject({ textSha256: createHash('sha256').update(text).digest('hex') })
})

test('of a rolled back run that may have moved a sequence nobody is told that it left nothing', async () => {
  const outcomeOf = async (request: TestRequest, texts: string[]) => {
    const run = await claimed(request)
    for (const [ordinal, text] of texts.entries())
      await recordIntent(context, run.run.executionId, intent(ordinal, text))
    return (await recovered(run)).at(-1)
  }
  const moved = { type: 'RequestFailed', data: { effects: 'partial', error: { code: 'EXECUTOR_LOST' } } }
  const undone = { type: 'RequestFailed', data: { effects: 'rolled-back' } }
  const setval = "select setval('s', 5)"
  expect(await outcomeOf(script, ['insert into a values (1)', setval])).toMatchObject(moved)
  expect(await outcomeOf(script, ['insert into a values (1)'])).toMatchObject(moved)
  expect(await outcomeOf(script, ['select 1'])).toMatchObject(undone)
  expect(await outcomeOf(script, [`select '${'x'.repeat(9000)}', setval('s', 5)`])).toMatchObject(moved)
  expect(await outcomeOf({ kind: 'query', content: `${setval}; select 1` }, [])).toMatchObject(moved)
  expect(await outcomeOf({ kind: 'query', content: 'select 1' }, [])).toMatchObject(undone)
  expect(await outcomeOf({ kind: 'query', content: 'delete from a' }, [])).toMatchObject(undone)
  // Its executor found a trigger, and recorded the statement before it was sent.
  const reaching = await outcomeOf({ kind: 'query', content: 'delete from a' }, ['delete from a'])
  expect(reaching).toMatchObject(moved)
  expect(reaching?.data).toMatchObject({
    error: { message: expect.not.stringContaining('safe to submit') as unknown },
  })
})

test('a stored result tells effects and statements as its executor knew them', async () => {
  const run = await claimed(singly)
  const { requestId, executionId } = run.run
  await recordIntent(
    context,
    executionId,
    intent(0, 'do $$ begin insert ...; commit; raise exception; end $$'),
  )
  const error = {
    code: 'P0001',
    message: 'boom '.repeat(10_000),
    detail: null,
    hint: null,
    position: null,
    line: null,
    column: null,
    stack: null,
  }
  const report: RunReport = {
    outcome: { fate: 'failed', error, effects: 'partial' },
    head: {
      engine: 'postgresql',
      statements: [
        {
          ...pendingHead(0, { text: 'do', offset: null }),
          outcome: 'failed',
          affectedRows: 7,
          durationMs: 12,
          error,
        },
      ],
      returned: null,
      logs: [],
      logsCut: false,
      notices: [],
      error,
      durationMs: 12,
    },
  }
  const resultId = randomUUID()
  const spool = new RowSpool({ maxRows: 10, maxResultBytes: 1000 })
  const stored = await keepResult(context, { resultId, requestId, executionId }, report, spool)
  const [statement, end] = await recovered(run)
  expect(statement).toMatchObject({ data: { affectedRows: 7, durationMs: 12, error: { code: 'P0001' } } })
  expect(end).toMatchObject({
    type: 'RequestFailed',
    data: { effects: 'partial', resultId, resultSha256: stored?.sha256, recovered: true },
  })
})

test('a claim that comes after its lease has run out is found', async () => {
  const requestId = await portal.approved(singly)
  const executionId = randomUUID()
  const lease = await Lease.take(context, { executionId, requestId }, () => undefined)
  lease.stopRenewing()
  await expire()
  await recoverLostRuns(context, publisher)
  expect(await leases()).toBe(1)
  const { approval } = await portal.request(requestId)
  if (!approval) throw new Error('it is approved')
  const { eventId: approvalEventId, contentHash, instanceRevision } = approval
  const data = { executionId, executorId: 'late', contentHash, instanceRevision, approvalEventId }
  await portal.append(streamName('request', requestId), [{ type: 'ExecutionStarted', data }], 1)
  await expire()
  await recoverLostRuns(context, publisher)
  expect((await portal.request(requestId)).status).toBe('FAILED')
  expect(await leases()).toBe(0)
})

test('an outcome that was decided before a transaction was opened is not appended after it', async () => {
  const run = await claimed(script)
  const opened = (): RequestEvent => ({
    type: 'TransactionOpened',
    data: { executionId: run.run.executionId, transactionId: '4000000000' },
  })
  const late: ExecutorContext = {
    ...context,
    // The run goes on between the decision and the first append.
    pool: context.pool,
    store: {
      ...context.store,
      client: context.store.client,
      readHistory: async (stream, from) => {
        if (stream === streamName('request', run.run.requestId) && from !== undefined)
          await new RunStream(context.store, run.run).append(runEvents(run.run, now, [opened()]))
        return context.store.readHistory(stream, from)
      },
    },
  }
  await expire()
  const ignorant = new OutcomePublisher(late, new OutcomeJournal(directory))
  await recoverLostRuns(late, ignorant)
  expect((await portal.events(run.run.requestId)).map(({ type }) => type).slice(2)).toEqual([
    'ExecutionStarted',
    'TransactionOpened',
  ])
  expect(await leases()).toBe(1)
})

test('another cluster under the same address is not asked what the one that was there had committed', async () => {
  const run = await claimed(script)
  const open: RequestEvent = {
    type: 'TransactionOpened',
    data: {
      executionId: run.run.executionId,
      transactionId: '4000000000',
      systemIdentifier: '7000000000000000000',
    },
  }
  await new RunStream(context.store, run.run).append(runEvents(run.run, now, [open]))
  expect((await recovered(run)).at(-1)).toMatchObject({ type: 'ExecutionOutcomeUnknown' })
})

test('a server that the instance was moved to is not asked what another one had committed', async () => {
  const run = await claimed(script)
  // To a younger server this id is still to come, which of the same server would mean that it was undone.
  const open: RequestEvent = {
    type: 'TransactionOpened',
    data: { executionId: run.run.executionId, transactionId: '4000000000' },
  }
  await new RunStream(context.store, run.run).append(runEvents(run.run, now, [open]))
  await portal.movePostgres('localhost')
  const end = (await recovered(run)).at(-1)
  expect(end).toMatchObject({ type: 'ExecutionOutcomeUnknown', data: { recovered: true } })
  expect(JSON.stringify(end?.data)).toContain('the connection of the instance has been changed')
})

test('a run whose lease a recovery has taken, even of the same process, can neither renew it nor record a statement', async () => {
  const run = await claimed(singly)
  await portal.admin.query('delete from record.target_credentials')
  const open: RequestEvent = {
    type: 'TransactionOpened',
    data: { executionId: run.run.executionId, transactionId: '4000000000' },
  }
  await new RunStream(context.store, run.run).append(runEvents(run.run, now, [open]))
  // Without its password the server can't be asked: it is asked again, for five minutes.
  expect((await recovered(run)).map(({ type }) => type)).toEqual(['TransactionOpened'])
  await expect(recordIntent(context, run.run.executionId, intent(0, 'delete from a'))).rejects.toThrow(
    LeaseLost,
  )
  now = new Date(Date.now() + 6 * 60_000)
  expect((await recovered(run)).map(({ type }) => type)).toEqual([
    'TransactionOpened',
    'ExecutionOutcomeUnknown',
  ])
})

test('an event that nobody knows, behind a run, does not keep its outcome out for ever when it is the server’s own', async () => {
  const run = await claimed(singly)
  await appendOdd(run, '$odd')
  expect((await recovered(run)).map(({ type }) => type)).toEqual(['RequestFailed'])
})

test('an outcome whose stream cannot be read is kept and named, and holds no other work up', async () => {
  const run = await claimed(script)
  await appendOdd(run, 'SomethingOfALaterVersion')
  const alone = new OutcomePublisher(context, new OutcomeJournal(directory))
  const failed = runEvents(run.run, now, [
    {
      type: 'ExecutionOutcomeUnknown',
      data: { executionId: run.run.executionId, reason: 'lost', transactionId: null },
    },
  ])
  await alone.publish({ run: run.run, batches: [failed] })
  await expect.poll(() => alone.waiting).toBe(0)
  await alone.clear()
  expect(alone.untellable).toEqual([
    expect.stringMatching(/^An outcome cannot be told: Event .*SomethingOfALaterVersion.* cannot be read/),
  ])
  const kept = await new OutcomeJournal(directory).pending()
  expect(kept.map((outcome) => outcome.run.executionId)).toEqual([run.run.executionId])
  alone.close()
})

const appendOdd = ({ run }: ClaimedRun, type: string) =>
  portal.store.client.appendToStream(
    streamName('request', run.requestId),
    jsonEvent({
      ...{ type, data: {} },
      metadata: {
        actor: { kind: 'service', name: 'tests' },
        at: now.toISOString(),
        correlationId: 'c',
        schemaVersion: 1,
      },
    }),
  )
