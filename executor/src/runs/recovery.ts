import { plainError } from '@sre-portal/analysis/plainError'
import type { Parsed, Statement } from '@sre-portal/analysis/sql/statements'
import { parseSql } from '@sre-portal/analysis/textAnalysis'
import { lostStatementCode, type RequestEvent } from '@sre-portal/contracts'
import { awaitsOutcome, type Request } from '@sre-portal/domain'
import { loadInstance, loadRequest } from '@sre-portal/platform/aggregates'
import { UnreadableEvent, type StoredEvent } from '@sre-portal/platform/eventCodec'
import { boundsFor, type ExecutorContext } from '../context.ts'
import {
  transactionFate,
  type TransactionFate,
  type TransactionOfCluster,
} from '../postgres/transactionStatus.ts'
import { shortError } from '../results/boundedHead.ts'
import { keptSoFar } from '../results/keptSoFar.ts'
import { keepResult } from '../results/resultStore.ts'
import { findStoredRun, type StoredRun } from '../results/storedRun.ts'
import type { RunOutcome } from '../runControl.ts'
import { removeLease, takeOverExpired, type ExpiredLease } from './leases.ts'
import { affectedRows, noResult, unknownData } from './outcomeEvents.ts'
import { inBatches, type OutcomePublisher } from './publish.ts'
import { runEvents, type RunIdentity } from './runStream.ts'
import { recordedIntents, type RecordedIntent } from './statementJournal.ts'
import { postgresTarget, TargetUnusable } from './target.ts'

type Started = Request & { execution: NonNullable<Request['execution']> }

/** `elsewhere`: the instance connects to another place by now, whose transactions are others. */
type LostFate = TransactionFate | 'elsewhere'

const longestUndecidedMs = 5 * 60_000
const notSaid = 'The executor was lost around COMMIT, and the server could not say whether it took place.'
const reasons = {
  unknown: notSaid,
  'in-progress': notSaid,
  unreachable: notSaid,
  elsewhere:
    'The executor was lost around COMMIT, and the connection of the instance has been changed since: only the server that it led to could say whether it took place.',
}

/** Finds runs whose executor is gone and settles what became of them. Nothing is ever run again. */
export async function recoverLostRuns(context: ExecutorContext, publisher: OutcomePublisher): Promise<void> {
  for (const lease of await takeOverExpired(context)) {
    try {
      await recover(context, publisher, lease)
    } catch (error) {
      context.log.warn({ err: error, ...lease }, 'a lost run could not be settled yet')
    }
  }
}

async function recover(
  context: ExecutorContext,
  publisher: OutcomePublisher,
  lease: ExpiredLease,
): Promise<void> {
  const { state, events } = await loadRequest(context.store, lease.requestId)
  // Who took this lease may be about to claim, late: without a lease nobody would ever look for that run.
  if (state?.status === 'APPROVED') return
  if (!awaitsOutcome(state) || state.execution.id !== lease.executionId) {
    // The claim was never appended, or the outcome already is.
    await removeLease(context, lease.executionId)
    return
  }
  const [intents, found] = await Promise.all([
    recordedIntents(context, lease.executionId),
    findStoredRun(context.pool, lease.executionId),
  ])
  const decided = found ? null : await findOutcome(context, state, intents)
  if (!found && !decided) return
  const stored = found ?? (decided && (await storeSoFar(context, state, intents, decided)))
  const outcome = stored
    ? storedOutcome(lease.executionId, stored)
    : decided && lostOutcome(lease.executionId, intents.length, decided)
  if (!outcome) return
  const run = identityOf(state, events)
  context.log.warn({ ...lease, outcome: outcome.type }, 'settled a run whose executor is gone')
  const audit = state.kind === 'script' ? auditOf(lease.executionId, intents, stored) : []
  await publisher.publish({ run, batches: inBatches(runEvents(run, context.now(), [...audit, outcome])) })
}

/** The outcome as far as it can be known; null when that may still be decided. */
async function findOutcome(
  context: ExecutorContext,
  request: Started,
  intents: RecordedIntent[],
): Promise<RunOutcome | null> {
  const { transactionId, startedAt } = request.execution
  if (transactionId === null) {
    if ((await isUndone(request)) || intents.every(({ readOnly }) => readOnly)) return lost(request, intents)
    const reason =
      'The executor was lost while statements were running that commit by themselves; nobody knows how far they came.'
    return { fate: 'unknown', reason, transactionId }
  }
  const { systemIdentifier } = request.execution
  const fate = await fateOf(context, request, { transactionId, systemIdentifier })
  const mayStillBeDecided = fate === 'in-progress' || fate === 'unreachable'
  if (mayStillBeDecided && context.now().getTime() - Date.parse(startedAt) < longestUndecidedMs) return null
  switch (fate) {
    case 'committed':
      return { fate: 'executed' }
    case 'aborted':
      return lost(request, intents)
    default:
      return { fate: 'unknown', reason: reasons[fate], transactionId }
  }
}

/** Stores what had been answered, so that it can be read; null when nothing was, or it can't be stored. */
async function storeSoFar(
  context: ExecutorContext,
  request: Started,
  intents: RecordedIntent[],
  outcome: RunOutcome,
): Promise<StoredRun | null> {
  const executionId = request.execution.id
  const kept = await keptSoFar(context.pool, request, executionId, intents, outcome)
  if (!kept) return null
  const owner = { resultId: context.newId(), requestId: request.id, executionId }
  await keepResult(context, owner, { outcome, head: kept.head }, kept.spool)
  // Another recovery may have been faster: what is stored counts.
  return findStoredRun(context.pool, executionId)
}

/** The statements of a query's one transaction are sent without being recorded one by one. */
const mayHaveSent = (request: Request, recorded: number) =>
  recorded > 0 || (request.engine === 'postgresql' && request.kind === 'query')

/** One transaction whose COMMIT was never sent, since its id is recorded before: the server undid it with the connection. */
async function isUndone({ engine, kind, content, transactionMode }: Request): Promise<boolean> {
  if (engine !== 'postgresql') return false
  if (kind === 'script') return transactionMode === 'single'
  const parsed = await parseSql(content)
  return 'statements' in parsed && parsed.statements.some(({ inTransaction }) => inTransaction)
}

async function lost(request: Started, intents: RecordedIntent[]): Promise<RunOutcome> {
  const isWhole = !mayHaveSent(request, intents.length) || !(await mayLast(request, intents))
  const message = isWhole
    ? 'The executor was lost before anything was committed. It is safe to submit the request again.'
    : 'The executor was lost before the transaction was committed, which undid it. What no rollback takes back (numbers of sequences, files, other servers, what triggers and functions of the database do outside of it) may have been changed: look before the request is submitted again.'
  return {
    fate: 'failed',
    error: plainError('EXECUTOR_LOST', message),
    effects: !isWhole ? 'partial' : mayHaveSent(request, intents.length) ? 'rolled-back' : 'none',
  }
}

/**
 * True when something of it may outlast the rollback. A query's executor records a statement whose relations or names reach what can't be judged, before
 * it is sent; a query that can't be read was not sent. What a script's statements reach was known to its executor alone, so only those that name nothing
 * are known, and none whose text was cut.
 */
async function mayLast(request: Request, intents: RecordedIntent[]): Promise<boolean> {
  if (request.engine !== 'postgresql') return false
  const written = intents.filter(({ readOnly }) => !readOnly)
  if (request.kind === 'query') return written.length > 0 || (lasts(await parseSql(request.content)) ?? false)
  for (const text of new Set(written.map(({ text }) => text))) {
    const parsed = await parseSql(text)
    if (lasts(parsed) ?? true) return true
    if ('error' in parsed || parsed.statements.some(namesSomething)) return true
  }
  return false
}

const lasts = (parsed: Parsed): boolean | null =>
  'error' in parsed ? null : parsed.statements.some(({ lasting }) => lasting !== null)

const namesSomething = ({ relations, functions, operators, attributes, types, isDefinition }: Statement) =>
  isDefinition || [relations, functions, operators, attributes, types].some(({ length }) => length > 0)

async function fateOf(
  context: ExecutorContext,
  request: Request,
  transaction: TransactionOfCluster,
): Promise<LostFate> {
  let target
  try {
    const { state: instance } = await loadInstance(context.store, request.instanceId)
    if (!instance) return 'unknown'
    if (instance.connectionRevision !== request.approval?.instanceRevision) return 'elsewhere'
    target = await postgresTarget(context, instance, request.database)
  } catch (error) {
    // Somebody may mend it within the five minutes.
    if (error instanceof TargetUnusable || error instanceof UnreadableEvent) return 'unreachable'
    throw error
  }
  return transactionFate(target, boundsFor(context, request.limits.timeMs), transaction, 0)
}

/** A result is stored only once it is known how the run ended, and says so. */
function storedOutcome(executionId: string, { resultId, resultSha256, head, end }: StoredRun): RequestEvent {
  const { statements, durationMs } = head
  const result = {
    resultId,
    resultSha256,
    storedRows: statements.reduce((total, { storedRows }) => total + storedRows, 0),
  }
  const told = {
    executionId,
    ...result,
    statementCount: statements.length,
    affectedRows: affectedRows(head),
    cutBy: statements.find(({ cutBy }) => cutBy !== null)?.cutBy ?? null,
    durationMs,
    recovered: true,
  }
  switch (end.fate) {
    case 'executed':
      return { type: 'RequestExecuted', data: told }
    case 'failed':
      return {
        type: 'RequestFailed',
        data: { ...told, error: shortError(head.error ?? unknownFate), effects: end.effects },
      }
    case 'unknown':
      return {
        type: 'ExecutionOutcomeUnknown',
        data: { ...unknownData(executionId, end, result, head), recovered: true },
      }
  }
}

/** The outcome of a run of which no answer is kept; what it changed was known to the lost executor alone. */
function lostOutcome(executionId: string, statementCount: number, outcome: RunOutcome): RequestEvent {
  const told = {
    executionId,
    ...noResult,
    statementCount,
    cutBy: null,
    durationMs: 0,
    recovered: true,
  }
  switch (outcome.fate) {
    case 'executed':
      return { type: 'RequestExecuted', data: { ...told, affectedRows: null } }
    case 'failed':
      return {
        type: 'RequestFailed',
        data: { ...told, affectedRows: 0, error: outcome.error, effects: outcome.effects },
      }
    case 'unknown':
      return {
        type: 'ExecutionOutcomeUnknown',
        data: { ...unknownData(executionId, outcome, noResult, { statements: [] }), recovered: true },
      }
  }
}

/** What was about to be sent is told: with its outcome where a result was stored, else without, because nobody knows it. */
function auditOf(executionId: string, intents: RecordedIntent[], stored: StoredRun | null): RequestEvent[] {
  const heads = new Map(stored?.head.statements.map((head) => [head.ordinal, head]))
  return intents.map(({ ordinal, text, textSha256, parameters }) => {
    const head = heads.get(ordinal)
    return {
      type: 'StatementExecuted' as const,
      data: {
        executionId,
        ordinal,
        text,
        textSha256,
        parameters,
        rowCount: head?.rowCount ?? null,
        affectedRows: head?.affectedRows ?? null,
        durationMs: head?.durationMs ?? 0,
        error: head ? shortError(head.error) : unknownFate,
        ...(head?.outcome === 'rolled-back' && { outcome: head.outcome }),
      },
    }
  })
}

const unknownFate = plainError(
  lostStatementCode,
  'The executor was lost: it is not known what became of this statement.',
)

function identityOf(request: Started, events: StoredEvent<RequestEvent>[]): RunIdentity {
  const started = events.find(({ type }) => type === 'ExecutionStarted')
  return {
    requestId: request.id,
    executionId: request.execution.id,
    correlationId: started?.metadata.correlationId ?? request.id,
    causationId: request.approval?.eventId ?? request.execution.id,
    startRevision: started?.revision ?? 0,
    decidedAt: events.at(-1)?.revision ?? 0,
  }
}
