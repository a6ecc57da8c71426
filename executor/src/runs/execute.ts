import { plainError } from '@sre-portal/analysis/plainError'
import type { RequestEvent } from '@sre-portal/contracts'
import { refusalToRun, type Instance, type Request } from '@sre-portal/domain'
import { loadInstance } from '@sre-portal/platform/aggregates'
import type { ExecutorContext } from '../context.ts'
import { keepResult } from '../results/resultStore.ts'
import { RowSpool } from '../results/rowSpool.ts'
import { RunSoFar } from '../results/runSoFar.ts'
import type { RunControl, RunReport } from '../runControl.ts'
import { watchCancellation } from './cancellation.ts'
import type { ClaimedRun } from './claim.ts'
import {
  noResult,
  outcomeEvent,
  sentStatement,
  statementEvents,
  type SentStatement,
  type StoredResult,
} from './outcomeEvents.ts'
import { inBatches, type OutcomePublisher } from './publish.ts'
import { RunStream, runEvents } from './runStream.ts'
import { runOnTarget } from './runOnTarget.ts'
import { LeaseLost, recordIntent, recordKeeping } from './statementJournal.ts'
import { TargetUnusable } from './target.ts'

/** Carries out a claimed run to its outcome. It is never carried out again, whatever happens here. */
export async function execute(
  context: ExecutorContext,
  publisher: OutcomePublisher,
  claimed: ClaimedRun,
): Promise<void> {
  const { run, request, stop, lease } = claimed
  const deadline = setTimeout(() => stop.abort('time'), request.limits.timeMs)
  const unwatch = watchCancellation(context, claimed)
  const spool = new RowSpool(request.limits)
  const soFar = new RunSoFar(context, run.executionId, spool)
  const sent = new Map<number, SentStatement>()
  soFar.begin()
  let report: RunReport
  try {
    report = await runChecked(context, request, spool, controlOf(context, claimed, sent))
  } finally {
    clearTimeout(deadline)
    unwatch()
    await soFar.end()
  }
  context.failpoint('before-result')
  const result = await resultOf(context, claimed, report, spool)
  context.failpoint('after-result')
  const events: RequestEvent[] = [
    ...(request.kind === 'script' ? statementEvents(run.executionId, report.head, sent) : []),
    outcomeEvent(run.executionId, report, result, claimed.cancelledBy),
  ]
  await publisher.publish({ run, batches: inBatches(runEvents(run, context.now(), events)) })
  lease.stopRenewing()
  context.failpoint('after-outcome')
}

/** The approval's promises are checked before the target is touched: same content, same instance, same connection. */
async function runChecked(
  context: ExecutorContext,
  request: Request,
  spool: RowSpool,
  control: RunControl,
): Promise<RunReport> {
  let instance: Instance | null
  try {
    instance = (await loadInstance(context.store, request.instanceId)).state
    const refusal = refusalToRun(request, instance)
    if (refusal !== null || !instance)
      return notRun(request, 'REFUSED', refusal ?? 'The instance does not exist.')
  } catch (error) {
    context.log.warn({ err: error, requestId: request.id }, 'the instance could not be read')
    return notRun(request, 'INSTANCE_UNKNOWN', 'The instance could not be looked up; nothing was sent to it.')
  }
  try {
    return await runOnTarget(context, request, instance, spool, control)
  } catch (error) {
    if (error instanceof TargetUnusable) return notRun(request, 'TARGET_UNUSABLE', error.message)
    context.log.error({ err: error, requestId: request.id }, 'a run ended by an error of the executor')
    const reason = 'The executor failed in the middle of the run; what the target did is not known.'
    return {
      ...notRun(request, 'INTERNAL', reason),
      outcome: { fate: 'unknown', reason, transactionId: null },
    }
  }
}

function notRun(request: Request, code: string, message: string): RunReport {
  const error = plainError(code, message)
  return {
    outcome: { fate: 'failed', error, effects: 'none' },
    head: {
      engine: request.engine,
      statements: [],
      returned: null,
      logs: [],
      logsCut: false,
      notices: [],
      error,
      durationMs: 0,
    },
  }
}

function controlOf(
  context: ExecutorContext,
  claimed: ClaimedRun,
  sent: Map<number, SentStatement>,
): RunControl {
  const { run, stop, lease } = claimed
  return {
    signal: stop.signal,
    beforeKeeping: async (ordinals) => {
      await recordKeeping(context, run.executionId, ordinals)
      if (!lease.isHeld) throw new LeaseLost('The lease of this run was lost.')
    },
    beforeCommit: async (transactionId, systemIdentifier) => {
      const opened: RequestEvent = {
        type: 'TransactionOpened',
        data: {
          executionId: run.executionId,
          transactionId,
          ...(systemIdentifier !== undefined && { systemIdentifier }),
        },
      }
      await new RunStream(context.store, run).append(runEvents(run, context.now(), [opened]))
      if (!lease.isHeld) throw new LeaseLost('The lease of this run was lost.')
    },
    beforeStatement: async (intent) => {
      sent.set(intent.ordinal, sentStatement(intent))
      await recordIntent(context, run.executionId, intent)
      if (!lease.isHeld) throw new LeaseLost('The lease of this run was lost.')
    },
    reached: context.failpoint,
  }
}

/** Stores the result; the outcome is told even when that can't be done. */
async function resultOf(
  context: ExecutorContext,
  { run: { requestId, executionId } }: ClaimedRun,
  report: RunReport,
  spool: RowSpool,
): Promise<StoredResult> {
  const { head } = report
  if (head.statements.length === 0 && head.returned === null && head.logs.length === 0) return noResult
  const resultId = context.newId()
  const stored = await keepResult(context, { resultId, requestId, executionId }, report, spool)
  return stored ? { resultId, resultSha256: stored.sha256, storedRows: stored.rows } : noResult
}
