import type { Execution, RequestDetail, RequestEvent } from '@sre-portal/contracts'
import { contentBytesOf, personOf, type Decision } from '@sre-portal/domain'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { ImpossibleHistory } from './failures.ts'
import { aggregateId, changeOne, run, type Handlers, type Of } from './handlers.ts'
import { EventAfterEnd, needsOpenRun } from './ignored.ts'

const longestTitle = 200
/** Characters of the content that a search looks at. */
const searchedContent = 32_768

export const requestHandlers: Handlers<RequestEvent> = {
  RequestSubmitted: submit,
  RequestApproved: (db, event) => decide(db, event, 'APPROVED', { kind: 'approved', reason: null }),
  ApprovalVoided: (db, event) => change(db, event, { status: 'PENDING', decision: null, decided_at: null }),
  ApprovalRefused: (db, event) => change(db, event, {}),
  RequestRejected: (db, event) =>
    decide(db, event, 'REJECTED', { kind: 'rejected', reason: event.data.reason }),
  RequestWithdrawn: (db, event) => decide(db, event, 'WITHDRAWN', { kind: 'withdrawn', reason: null }),
  RequestCancelled(db, event) {
    const { executionId, effects, resultId, resultSha256 } = event.data
    if (executionId === null) return decide(db, event, 'CANCELLED', { kind: 'cancelled', reason: null })
    return finish(db, event, 'CANCELLED', { effects, resultId, resultSha256 })
  },
  ExecutionStarted: (db, event) =>
    change(db, event, {
      status: 'EXECUTING',
      execution: newExecution(event.data.executionId, event.data.executorId, event.at),
    }),
  CancellationRequested: (db, event) =>
    change(db, event, {}, { cancellationRequestedBy: personOf(event.actor) }),
  TransactionOpened: (db, event) => change(db, event, {}, { transactionId: event.data.transactionId }),
  StatementExecuted: (db, event) => change(db, event, {}, { statementCount: event.data.ordinal + 1 }),
  RequestExecuted(db, event) {
    const { executionId: _, ...outcome } = event.data
    return finish(db, event, 'EXECUTED', outcome)
  },
  RequestFailed(db, event) {
    const { executionId: _, ...outcome } = event.data
    return finish(db, event, 'FAILED', outcome)
  },
  ExecutionOutcomeUnknown(db, event) {
    const { reason, transactionId, kept, recovered = false } = event.data
    return finish(db, event, 'UNKNOWN', {
      ...kept,
      unknownReason: reason,
      effects: 'unknown',
      recovered,
      ...(transactionId !== null && { transactionId }),
    })
  },
  ExecutionOutcomeSettled(db, event) {
    const { outcome, reason } = event.data
    const settlement: RequestDetail['settlement'] = {
      outcome,
      reason,
      by: personOf(event.actor),
      at: event.at,
    }
    return change(db, event, { status: outcome, settlement })
  },
}

async function submit(db: Connection, event: Of<'RequestSubmitted'>): Promise<void> {
  const { data, at } = event
  const title = (data.comment.split(/\r?\n/, 1)[0] ?? '').slice(0, longestTitle)
  await run(
    db,
    `with next as (select coalesce(max(number), 0) + 1 as number from requests)
     insert into requests (id, number, status, kind, requester_id, pod_id, instance_id, instance_revision, engine, username,
       database, title, comment, ticket, content, content_hash, content_bytes, file_name, transaction_mode, limits,
       resubmission_of, submitted_at, updated_at, updated_position, revision, search, submitted_environment)
     select $1, next.number, 'PENDING', $2, $3, $4, $5, $6, $7,
       coalesce((select username from instances where id = $5), ''),
       $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19, $20, $21,
       lower(concat_ws(E'\\n', '#' || next.number, $10::text, $11::text, $8::text, $15::text,
         (select name from users where id = $3), (select name from pods where id = $4),
         (select name from instances where id = $5), $22::text)),
       coalesce($23::text, (select environment from instances where id = $5))
     from next`,
    [
      aggregateId(event),
      data.kind,
      data.requesterId,
      data.podId,
      data.instanceId,
      data.instanceRevision,
      data.engine,
      data.database,
      title,
      data.comment,
      data.ticket,
      data.content,
      data.contentHash,
      contentBytesOf(data.content),
      data.fileName,
      data.transactionMode,
      data.limits,
      data.resubmissionOf,
      at,
      String(event.position),
      event.revision,
      data.content.slice(0, searchedContent),
      data.environment ?? null,
    ],
  )
}

const decide = (
  db: Connection,
  event: StoredEvent,
  status: string,
  decision: Pick<Decision, 'kind' | 'reason'>,
) =>
  change(db, event, {
    status,
    decision: { ...decision, by: event.actor, at: event.at } satisfies Decision,
    decided_at: event.at,
  })

const finish = (db: Connection, event: StoredEvent, status: string, outcome: Partial<Execution>) =>
  change(db, event, { status, finished_at: event.at }, { ...outcome, finishedAt: event.at })

interface Columns {
  status: string
  decision: Decision | null
  decided_at: string | null
  execution: Execution
  settlement: RequestDetail['settlement']
  finished_at: string
}

/** Sets columns, and changes fields of the execution that there already is. */
function change(
  db: Connection,
  event: StoredEvent,
  columns: Partial<Columns>,
  execution?: Partial<Execution>,
): Promise<void> {
  const values: unknown[] = [aggregateId(event), event.revision, event.at, String(event.position)]
  const assignments = Object.entries(columns).map(([name, value]) => `${name} = $${values.push(value)}`)
  if (execution) assignments.push(`execution = execution || $${values.push(execution)}::jsonb`)
  const sql = (condition: string) =>
    `update requests set ${['revision = $2', 'updated_at = $3', 'updated_position = $4', ...assignments].join(', ')}
     where id = $1 ${condition}`
  if (needsOpenRun(event)) return changeOpenRun(db, event, sql(`and status = 'EXECUTING'`), values)
  return changeOne(db, event, sql(execution ? 'and execution is not null' : ''), values)
}

/** Runs an update that asks for a run that goes on. @throws EventAfterEnd when it had ended */
async function changeOpenRun(
  db: Connection,
  event: StoredEvent,
  sql: string,
  values: unknown[],
): Promise<void> {
  const { rowCount } = await run(db, sql, values)
  if (rowCount === 1) return
  const { rows } = await run<{ ran: boolean }>(
    db,
    'select execution is not null as ran from requests where id = $1',
    [aggregateId(event)],
  )
  if (rows[0]?.ran) throw new EventAfterEnd()
  throw new ImpossibleHistory(`${event.stream} has no run that it could tell of`)
}

const newExecution = (id: string, executorId: string, startedAt: string): Execution => ({
  id,
  executorId,
  startedAt,
  finishedAt: null,
  durationMs: null,
  statementCount: null,
  storedRows: null,
  affectedRows: null,
  cutBy: null,
  resultId: null,
  resultSha256: null,
  effects: null,
  error: null,
  unknownReason: null,
  transactionId: null,
  cancellationRequestedBy: null,
  recovered: false,
})
