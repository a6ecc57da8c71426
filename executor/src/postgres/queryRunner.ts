import { plainError } from '@sre-portal/analysis/plainError'
import { refusalOf } from '@sre-portal/analysis/sql/refusal'
import type { Statement } from '@sre-portal/analysis/sql/statements'
import { parseSql } from '@sre-portal/analysis/textAnalysis'
import type { ExecutionError, ExecutionLimits, StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import { pendingHead } from '../results/statementHead.ts'
import {
  stopCodes,
  stopMessage,
  stopReasonOf,
  type RunControl,
  type RunOutcome,
  type RunReport,
} from '../runControl.ts'
import { ConnectionLost, TargetUnreachable, toExecutionError } from './databaseError.ts'
import { resolveLostCommit } from './lostCommit.ts'
import { isRefusal, PostgresSession, RowTooLarge } from './session.ts'
import { runIntoSpool } from './statementRun.ts'
import { stopSessionOn } from './stopSession.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'
import { currentTransactionId } from './transactionStatus.ts'
import { callsVolatileFunction } from './volatileFunctions.ts'

/** One approved PostgreSQL query. */
export interface QueryJob {
  target: PostgresTarget
  content: string
  limits: ExecutionLimits
  bounds: SessionBounds
  applicationName: string
}

/** Runs a PostgreSQL query once and reports what the server's answers prove. Throws nothing of the target's. */
export async function runPostgresQuery(
  job: QueryJob,
  spool: RowSpool,
  control: RunControl,
): Promise<RunReport> {
  const began = performance.now()
  const run = new QueryRun(job, spool, control)
  const outcome = await run.outcome()
  return {
    outcome,
    head: {
      engine: 'postgresql',
      statements: run.heads,
      returned: null,
      logs: [],
      logsCut: false,
      notices: run.notices,
      error: outcome.fate === 'failed' ? outcome.error : null,
      durationMs: performance.now() - began,
    },
  }
}

class QueryRun {
  heads: StatementHead[] = []
  notices: string[] = []
  readonly #job: QueryJob
  readonly #spool: RowSpool
  readonly #control: RunControl
  #statements: Statement[] = []

  constructor(job: QueryJob, spool: RowSpool, control: RunControl) {
    this.#job = job
    this.#spool = spool
    this.#control = control
  }

  async outcome(): Promise<RunOutcome> {
    const parsed = await parseSql(this.#job.content)
    if ('error' in parsed) return { fate: 'failed', error: parsed.error, effects: 'none' }
    this.#statements = parsed.statements
    this.heads = parsed.statements.map((statement, ordinal) => pendingHead(ordinal, statement))
    if (this.heads.length === 0) return untouched('EMPTY', 'There is no statement in this query.')
    const refusal = refusalOf(this.#statements)
    if (refusal) {
      const head = this.heads[refusal.statement]
      const error = plainError('REFUSED', refusal.message, 'Nothing was sent to the database.')
      if (head) head.error = error
      return { fate: 'failed', error, effects: 'none' }
    }
    return this.#connectAndRun()
  }

  async #connectAndRun(): Promise<RunOutcome> {
    let session: PostgresSession
    try {
      session = await PostgresSession.open(this.#job.target, this.#job.bounds, this.#job.applicationName)
    } catch (error) {
      if (!(error instanceof TargetUnreachable)) throw error
      return untouched('TARGET_UNREACHABLE', error.message)
    }
    const release = stopSessionOn(this.#control.signal, session)
    try {
      if (this.#statements.every((statement) => !statement.inTransaction))
        return await this.#runAlone(session)
      return await this.#runInTransaction(session)
    } finally {
      release()
      this.notices = session.notices
      await session.close()
    }
  }

  async #runAlone(session: PostgresSession): Promise<RunOutcome> {
    for (const [ordinal, statement] of this.#statements.entries()) {
      try {
        await this.#control.beforeStatement({ ordinal, text: statement.text, parameters: null })
      } catch {
        const message = 'The statement was not sent, because the portal could not record it before.'
        return {
          fate: 'failed',
          error: plainError('NOT_RECORDED', message),
          effects: ordinal === 0 ? 'none' : 'partial',
        }
      }
      const error = await this.#runStatement(session, ordinal, 'drain')
      if (error instanceof ConnectionLost)
        return { fate: 'unknown', reason: error.message, transactionId: null }
      if (error) return { fate: 'failed', error, effects: 'partial' }
      this.#control.reached('after-write')
    }
    return { fate: 'executed' }
  }

  async #runInTransaction(session: PostgresSession): Promise<RunOutcome> {
    try {
      const reads = this.#statements.every((statement) => statement.kind === 'read')
      const readOnly = reads && !(await callsVolatileFunction(session, this.#statements))
      await session.command(readOnly ? 'begin transaction read only' : 'begin')
      // The first query fixes the transaction's mode: from here on no statement can make it writable.
      if (readOnly) await session.command('select 1')
      for (const ordinal of this.#statements.keys()) {
        const error = await this.#runStatement(session, ordinal, readOnly ? 'suspend' : 'drain')
        if (error) return await this.#undo(session, readOnly, error)
        this.#control.reached('mid-transaction')
      }
      return await this.#commit(session, readOnly)
    } catch (error) {
      if (error instanceof ConnectionLost) return this.#undo(session, false, error)
      return this.#undo(session, false, toExecutionError(error))
    }
  }

  /** Answers the error that ended the statement, or null. */
  async #runStatement(
    session: PostgresSession,
    ordinal: number,
    cut: 'suspend' | 'drain',
  ): Promise<ExecutionError | ConnectionLost | null> {
    const head = this.heads[ordinal]
    const statement = this.#statements[ordinal]
    if (!head || !statement) throw new Error(`There is no statement ${ordinal}.`)
    if (this.#control.signal.aborted) return this.#stopped()
    try {
      await runIntoSpool(session, head, { text: statement.text, values: [], cut }, this.#spool)
      return null
    } catch (error) {
      head.outcome = 'failed'
      head.error = this.#describe(error, statement)
      return error instanceof ConnectionLost && !this.#control.signal.aborted ? error : head.error
    }
  }

  async #commit(session: PostgresSession, readOnly: boolean): Promise<RunOutcome> {
    if (this.#control.signal.aborted) return this.#undo(session, readOnly, this.#stopped())
    if (readOnly) {
      await session.command('commit').catch(() => undefined)
      return { fate: 'executed' }
    }
    const transactionId = await currentTransactionId(session)
    try {
      await this.#control.beforeCommit(transactionId)
    } catch {
      const message =
        'The transaction was rolled back, because the portal could not record it before its COMMIT.'
      return this.#undo(session, false, plainError('NOT_RECORDED', message))
    }
    if (this.#control.signal.aborted) return this.#undo(session, false, this.#stopped())
    this.#control.reached('before-commit')
    try {
      await session.command('commit')
      this.#control.reached('after-commit')
      return { fate: 'executed' }
    } catch (error) {
      if (isRefusal(error)) return this.#undo(session, false, toExecutionError(error))
      return this.#resolveCommit(transactionId)
    }
  }

  async #resolveCommit(transactionId: string): Promise<RunOutcome> {
    const outcome = await resolveLostCommit(this.#job.target, this.#job.bounds, transactionId)
    if (outcome.fate === 'failed') this.#markRolledBack()
    return outcome
  }

  /** COMMIT was never sent, or the server refused it: whatever ran is undone, by ROLLBACK or by the end of the session. */
  async #undo(
    session: PostgresSession,
    readOnly: boolean,
    cause: ExecutionError | ConnectionLost,
  ): Promise<RunOutcome> {
    await session.command('rollback').catch(() => session.destroy())
    if (!readOnly) this.#markRolledBack()
    const error =
      cause instanceof ConnectionLost
        ? plainError('CONNECTION_LOST', `${cause.message} The transaction was not committed.`)
        : cause
    return { fate: 'failed', error, effects: readOnly ? 'none' : 'rolled-back' }
  }

  #markRolledBack(): void {
    for (const head of this.heads) if (head.outcome === 'executed') head.outcome = 'rolled-back'
  }

  #describe(error: unknown, statement: Statement): ExecutionError {
    if (this.#control.signal.aborted) return this.#stopped()
    if (error instanceof RowTooLarge) return plainError('ROW_TOO_LARGE', error.message)
    if (error instanceof ConnectionLost) return plainError('CONNECTION_LOST', error.message)
    return toExecutionError(error, statement, this.#job.content)
  }

  #stopped(): ExecutionError {
    const reason = stopReasonOf(this.#control.signal) ?? 'time'
    return plainError(stopCodes[reason], stopMessage(reason, this.#job.limits.timeMs))
  }
}

const untouched = (code: string, message: string): RunOutcome => ({
  fate: 'failed',
  error: plainError(code, message),
  effects: 'none',
})
