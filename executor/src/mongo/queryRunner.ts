import type { ShellStatement } from '@sre-portal/analysis/mongo/shellParser'
import { unpackOperation } from '@sre-portal/analysis/mongo/packedOperation'
import { plainError } from '@sre-portal/analysis/plainError'
import { parseMongo } from '@sre-portal/analysis/textAnalysis'
import type { ExecutionError, ExecutionLimits, StatementHead } from '@sre-portal/contracts'
import { TargetUnreachable } from '../postgres/databaseError.ts'
import type { RowSpool } from '../results/rowSpool.ts'
import { pendingHeads } from '../results/statementHead.ts'
import {
  stopCodes,
  stopMessage,
  stopReasonOf,
  type RunControl,
  type RunOutcome,
  type RunReport,
} from '../runControl.ts'
import { MongoConnection, type MongoTarget } from './connection.ts'
import { failedWrite } from './failedWrite.ts'
import { toMongoError } from './mongoError.ts'
import { performIntoSpool } from './mongoRun.ts'
import { stopConnectionOn } from './stopConnection.ts'

/** One approved MongoDB query. */
export interface MongoQueryJob {
  target: MongoTarget
  content: string
  limits: ExecutionLimits
  connectTimeoutMs: number
  applicationName: string
}

/** Runs a MongoDB query once: its statements one after the other, each committed by itself. */
export async function runMongoQuery(
  job: MongoQueryJob,
  spool: RowSpool,
  control: RunControl,
): Promise<RunReport> {
  const began = performance.now()
  const heads: StatementHead[] = []
  const outcome = await runAll(job, heads, spool, control)
  return {
    outcome,
    head: {
      engine: 'mongodb',
      statements: heads,
      returned: null,
      logs: [],
      logsCut: false,
      notices: spool.kept.leftOut === null ? [] : [spool.kept.leftOut],
      error: outcome.fate === 'failed' ? outcome.error : null,
      durationMs: performance.now() - began,
    },
  }
}

async function runAll(
  job: MongoQueryJob,
  heads: StatementHead[],
  spool: RowSpool,
  control: RunControl,
): Promise<RunOutcome> {
  const parsed = await parseMongo(job.content, job.target.database)
  if ('error' in parsed) return { fate: 'failed', error: parsed.error, effects: 'none' }
  const { statements } = parsed
  heads.push(...pendingHeads(job.content, statements))
  if (statements.length === 0) {
    return {
      fate: 'failed',
      error: plainError('EMPTY', 'There is no statement in this query.'),
      effects: 'none',
    }
  }
  let connection: MongoConnection
  try {
    connection = await MongoConnection.open(job.target, job.connectTimeoutMs, job.applicationName)
  } catch (error) {
    if (!(error instanceof TargetUnreachable)) throw error
    return { fate: 'failed', error: plainError('TARGET_UNREACHABLE', error.message), effects: 'none' }
  }
  const release = stopConnectionOn(control.signal, connection, job.connectTimeoutMs)
  try {
    return await runEach(connection, job, statements, heads, spool, control)
  } finally {
    release()
    await connection.close()
  }
}

async function runEach(
  connection: MongoConnection,
  job: MongoQueryJob,
  statements: ShellStatement[],
  heads: StatementHead[],
  spool: RowSpool,
  control: RunControl,
): Promise<RunOutcome> {
  let wrote = false
  const stopped = (): ExecutionError => {
    const reason = stopReasonOf(control.signal) ?? 'time'
    return plainError(stopCodes[reason], stopMessage(reason, job.limits.timeMs))
  }
  for (const [ordinal, statement] of statements.entries()) {
    const head = heads[ordinal]
    if (!head) throw new Error(`There is no statement ${ordinal}.`)
    if (control.signal.aborted)
      return { fate: 'failed', error: stopped(), effects: wrote ? 'partial' : 'none' }
    try {
      const readOnly = statement.operation.kind === 'read'
      await control.beforeStatement({ ordinal, text: statement.text, parameters: null, readOnly })
    } catch {
      const message = 'The statement was not sent, because the portal could not record it before.'
      return {
        fate: 'failed',
        error: plainError('NOT_RECORDED', message),
        effects: wrote ? 'partial' : 'none',
      }
    }
    const operation = unpackOperation(statement.operation)
    const writes = operation.kind === 'write'
    try {
      await performIntoSpool(connection, head, operation, spool, job.limits.timeMs)
      if (writes) {
        wrote = true
        control.reached('after-write')
      }
    } catch (error) {
      head.outcome = 'failed'
      head.error = spool.kept.error(control.signal.aborted ? stopped() : toMongoError(error))
      const { changed, affected } = failedWrite(operation, error)
      head.affectedRows = writes ? affected : 0
      if (changed === 'unanswered') {
        const reason = `What statement ${ordinal + 1} did is not known: ${head.error.message}`
        return { fate: 'unknown', reason, transactionId: null }
      }
      wrote ||= changed !== 'nothing'
      return { fate: 'failed', error: head.error, effects: wrote ? 'partial' : 'none' }
    }
  }
  return { fate: 'executed' }
}
