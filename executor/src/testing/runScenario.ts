import { createHash, randomUUID } from 'node:crypto'
import { defaultExecutionLimits, streamName, type RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { NewEvent } from '@sre-portal/platform/eventStore'
import { runEvents, type RequestStreams, type RunIdentity } from '../runs/runStream.ts'

const at = new Date('2026-11-25T12:00:00.000Z')
const content = 'await db.query("select 1")'
const somebody = { kind: 'user' as const, id: randomUUID(), name: 'Grace', role: 'MANAGER' as const }

/** An event as a person's command brings it about. */
export const byPerson = (event: RequestEvent): NewEvent => ({
  id: randomUUID(),
  event,
  metadata: {
    actor: somebody,
    at: at.toISOString(),
    correlationId: randomUUID(),
    schemaVersion: currentSchemaVersion,
  },
})

/** A script's request that is approved; answers its id. */
export async function approvedRequest(streams: RequestStreams): Promise<string> {
  const requestId = randomUUID()
  const contentHash = contentHashOf(content)
  const submitted: RequestEvent = {
    type: 'RequestSubmitted',
    data: {
      requestId,
      requesterId: randomUUID(),
      podId: 'payments',
      instanceId: randomUUID(),
      instanceRevision: 0,
      engine: 'postgresql',
      database: 'orders',
      kind: 'script',
      content,
      contentHash,
      fileName: null,
      transactionMode: 'single',
      comment: 'for a test',
      ticket: null,
      limits: defaultExecutionLimits,
      resubmissionOf: null,
    },
  }
  const approved: RequestEvent = { type: 'RequestApproved', data: { contentHash, instanceRevision: 0 } }
  await streams.append(streamName('request', requestId), [submitted, approved].map(byPerson), -1)
  return requestId
}

/** The same request, claimed; answers the run. */
export async function claimedRun(streams: RequestStreams): Promise<RunIdentity> {
  const requestId = await approvedRequest(streams)
  const run = {
    requestId,
    executionId: randomUUID(),
    correlationId: 'a-run',
    causationId: randomUUID(),
    startRevision: 2,
  }
  await streams.append(streamName('request', requestId), runEvents(run, at, [startOf(run)]), 1)
  return run
}

export const startOf = (run: RunIdentity): RequestEvent => ({
  type: 'ExecutionStarted',
  data: {
    executionId: run.executionId,
    executorId: 'executor-1',
    contentHash: contentHashOf(content),
    instanceRevision: 0,
    approvalEventId: run.causationId,
  },
})

/** Whoever tells an outcome: the executor itself, or a recovery. */
export type Teller = 'executor' | 'recovery'

/** What a run of so many statements ends with; `padding` makes each statement's text as long as it says. */
export function lastEvents(
  run: RunIdentity,
  count: number,
  teller: Teller,
  { padding = 0, knowsTransaction = false } = {},
): NewEvent[] {
  const { executionId } = run
  const statements = Array.from({ length: count }, (_, ordinal) => statement(executionId, ordinal, padding))
  return runEvents(run, at, [...statements, endOf(executionId, count, teller, knowsTransaction)])
}

/** One statement's event. */
export function statementOf(executionId: string, ordinal: number): NewEvent {
  const run = { requestId: randomUUID(), executionId, correlationId: 'a-run', causationId: randomUUID() }
  const [event] = runEvents(run, at, [statement(executionId, ordinal, 0)])
  if (!event) throw new Error('one event')
  return event
}

function statement(executionId: string, ordinal: number, padding: number): RequestEvent {
  const text = `select ${ordinal}`.padEnd(padding, ' ')
  return {
    type: 'StatementExecuted',
    data: {
      executionId,
      ordinal,
      text,
      textSha256: createHash('sha256').update(text).digest('hex'),
      parameters: null,
      rowCount: 1,
      affectedRows: null,
      durationMs: 1,
      error: null,
    },
  }
}

const endOf = (
  executionId: string,
  statementCount: number,
  teller: Teller,
  knowsTransaction: boolean,
): RequestEvent => ({
  type: 'RequestExecuted',
  data: {
    executionId,
    resultId: null,
    resultSha256: null,
    statementCount,
    // Stands for what was decided.
    storedRows: knowsTransaction ? 1 : 0,
    affectedRows: 0,
    cutBy: null,
    durationMs: 1,
    recovered: teller === 'recovery',
  },
})
