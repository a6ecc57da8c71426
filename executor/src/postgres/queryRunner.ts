import { plainError } from '@sre-portal/analysis/plainError'
import { refusalOf } from '@sre-portal/analysis/sql/refusal'
import { mayWrite } from '@sre-portal/analysis/sql/statementKind'
import type { Statement } from '@sre-portal/analysis/sql/statements'
import { parseSql } from '@sre-portal/analysis/textAnalysis'
import type { ExecutionError, ExecutionLimits, Notice, StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import { pendingHeads, withoutCommit } from '../results/statementHead.ts'
import {
  stopCodes,
  stopMessage,
  stopReasonOf,
  type RunControl,
  type RunOutcome,
  type RunReport,
} from '../runControl.ts'
import { commit } from './commit.ts'
import {
  ConnectionLost,
  lostError,
  TargetUnreachable,
  toExecutionError,
  withReadOnlyHint,
} from './databaseError.ts'
import { LastingEffects } from './lastingEffects.ts'
import { judgeOnServer, namesOf, notAsked, type ServerJudgement } from './serverJudgement.ts'
import { isRefusal, PostgresSession, RowTooLarge } from './session.ts'
import { settingError } from './settingError.ts'
import { runIntoSpool } from './statementRun.ts'
import { stopSessionOn } from './stopSession.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'
import { currentTransactionId } from './transactionStatus.ts'

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
      noticeDetails: run.noticeDetails,
      error: outcome.fate === 'failed' ? outcome.error : null,
      durationMs: performance.now() - began,
    },
  }
}

class QueryRun {
  heads: StatementHead[] = []
  notices: string[] = []
  noticeDetails: Notice[] = []
  readonly #job: QueryJob
  readonly #spool: RowSpool
  readonly #control: RunControl
  readonly #lasting = new LastingEffects()
  #statements: Statement[] = []
  #unseen: (string | null)[] = []
  #isRecorded = false

  constructor(job: QueryJob, spool: RowSpool, control: RunControl) {
    this.#job = job
    this.#spool = spool
    this.#control = control
  }

  async outcome(): Promise<RunOutcome> {
    const parsed = await parseSql(this.#job.content)
    this.#statements = 'statements' in parsed ? parsed.statements : []
    this.heads = pendingHeads(this.#job.content, this.#statements)
    const refusal = refusalOf(this.#job.content, parsed)
    if (refusal) {
      const head = this.heads[refusal.statement ?? -1]
      if (head) head.error = refusal.error
      return { fate: 'failed', error: refusal.error, effects: 'none' }
    }
    return this.#connectAndRun()
  }

  async #connectAndRun(): Promise<RunOutcome> {
    let session: PostgresSession
    try {
      session = await PostgresSession.open(
        this.#job.target,
        this.#job.bounds,
        this.#job.applicationName,
        this.#spool.kept,
      )
    } catch (error) {
      if (!(error instanceof TargetUnreachable)) throw error
      return untouched('TARGET_UNREACHABLE', error.message)
    }
    const stopping = stopSessionOn(this.#control.signal, session)
    try {
      const isAlone = this.#statements.every((statement) => !statement.inTransaction)
      return await stopping.settle(
        isAlone ? await this.#runAlone(session) : await this.#runInTransaction(session),
      )
    } finally {
      this.notices = session.notices.texts
      this.noticeDetails = session.notices.details
      await session.close()
    }
  }

  /** What PostgreSQL runs in no transaction commits as it goes: an error of it proves nothing of what it had done before. */
  async #runAlone(session: PostgresSession): Promise<RunOutcome> {
    for (const [ordinal, statement] of this.#statements.entries()) {
      const intent = { ordinal, text: statement.text, parameters: null, readOnly: false }
      const effects = ordinal === 0 ? 'none' : 'partial'
      if (this.#control.signal.aborted) return { fate: 'failed', error: this.#stopped(), effects }
      try {
        await this.#control.beforeStatement(intent)
      } catch {
        const message = 'The statement was not sent, because the portal could not record it before.'
        return { fate: 'failed', error: plainError('NOT_RECORDED', message), effects }
      }
      // The time for recording it may have been the last.
      if (this.#control.signal.aborted) return { fate: 'failed', error: this.#stopped(), effects }
      const failure = await this.#runStatement(session, ordinal, 'drain')
      if (failure?.isLost) return { fate: 'unknown', reason: failure.error.message, transactionId: null }
      if (failure) return { fate: 'failed', error: failure.error, effects: 'partial' }
      this.#control.reached('after-write')
    }
    return { fate: 'executed' }
  }

  async #runInTransaction(session: PostgresSession): Promise<RunOutcome> {
    let readOnly = false
    try {
      const judged = await this.#judge(session)
      readOnly = !this.#statements.some(mayWrite) && !judged.writes
      await session.command(readOnly ? 'begin transaction read only' : 'begin')
      // The first query fixes the transaction's mode: from here on no statement can make it writable.
      if (readOnly) await session.command('select 1')
      for (const ordinal of this.#statements.keys()) {
        await this.#judgeAgain(session, ordinal)
        const failure = await this.#runStatement(session, ordinal, readOnly ? 'suspend' : 'drain')
        if (failure) return await this.#undo(session, readOnly, failure)
        this.#control.reached('mid-transaction')
      }
      return await this.#commit(session, readOnly)
    } catch (error) {
      return this.#undo(session, readOnly, this.#failure(error, 'The transaction was not committed.'))
    }
  }

  /** One question for all; which statement it is about is asked where there is something to tell. Without an answer the worst counts. */
  async #judge(session: PostgresSession): Promise<ServerJudgement> {
    try {
      const judged = await judgeOnServer(session, this.#statements)
      if (judged.unseen === null) return judged
      const asked = new Map<string, string | null>()
      for (const statement of this.#statements) {
        const question = JSON.stringify(namesOf([statement]))
        if (!asked.has(question)) asked.set(question, (await judgeOnServer(session, [statement])).unseen)
        this.#unseen.push(asked.get(question) ?? null)
      }
      return judged
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#unseen = this.#statements.map(() => notAsked.unseen)
      return notAsked
    }
  }

  /** What the request itself has made before is in the catalog only now. */
  async #judgeAgain(session: PostgresSession, ordinal: number): Promise<void> {
    const statement = this.#statements[ordinal]
    const before = this.#statements.slice(0, ordinal)
    if (!statement || !before.some(({ isDefinition }) => isDefinition)) return
    this.#unseen[ordinal] ??= (await judgeOnServer(session, [statement])).unseen
  }

  /** The first that may outlast the rollback is recorded, so that whoever recovers the run knows that one was sent. */
  async #record(ordinal: number, { text }: Statement): Promise<Failure | null> {
    try {
      await this.#control.beforeStatement({ ordinal, text, parameters: null, readOnly: false })
      this.#isRecorded = true
      return this.#control.signal.aborted ? { error: this.#stopped(), isLost: false } : null
    } catch {
      const message = 'The statement was not sent, because the portal could not record it before.'
      return { error: plainError('NOT_RECORDED', message), isLost: false }
    }
  }

  /** Answers what ended the statement, or null. */
  async #runStatement(
    session: PostgresSession,
    ordinal: number,
    cut: 'suspend' | 'drain',
  ): Promise<Failure | null> {
    const head = this.heads[ordinal]
    const statement = this.#statements[ordinal]
    if (!head || !statement) throw new Error(`There is no statement ${ordinal}.`)
    if (this.#control.signal.aborted) return { error: this.#stopped(), isLost: false }
    const unseen = this.#unseen[ordinal] ?? null
    if (unseen !== null && !this.#isRecorded) {
      const unrecorded = await this.#record(ordinal, statement)
      if (unrecorded) return unrecorded
    }
    this.#lasting.sending(ordinal, { lasting: statement.lasting ?? unseen })
    try {
      await runIntoSpool(
        session,
        head,
        {
          text: statement.text,
          values: [],
          cut,
          reads: statement.kind === 'read' && cut === 'suspend' && unseen === null,
          isCounted: statement.isCounted,
        },
        this.#spool,
      )
      const changed = session.reportedChange
      return changed === null ? null : { error: settingError(changed), isLost: false }
    } catch (error) {
      const failed = this.#failure(
        error,
        statement.inTransaction ? 'The transaction was not committed.' : 'Nobody knows how far it came.',
        statement,
      )
      const failure = cut === 'suspend' ? { ...failed, error: withReadOnlyHint(failed.error) } : failed
      head.outcome = 'failed'
      head.error = this.#spool.kept.error(failure.error)
      if (statement.inTransaction) head.affectedRows = 0
      return failure
    }
  }

  async #commit(session: PostgresSession, readOnly: boolean): Promise<RunOutcome> {
    const changed = await session.askForChange()
    if (changed !== null)
      return this.#undo(session, readOnly, { error: settingError(changed), isLost: false })
    const transactionId = readOnly ? null : await currentTransactionId(session)
    try {
      if (transactionId !== null) await this.#control.beforeCommit(transactionId, session.systemIdentifier)
    } catch {
      const message =
        'The transaction was rolled back, because the portal could not record it before its COMMIT.'
      return this.#undo(session, readOnly, { error: plainError('NOT_RECORDED', message), isLost: false })
    }
    if (this.#control.signal.aborted)
      return this.#undo(session, readOnly, { error: this.#stopped(), isLost: false })
    this.#control.reached('before-commit')
    const outcome = await commit(session, transactionId)
    switch (outcome.fate) {
      case 'committed':
        this.#control.reached('after-commit')
        return { fate: 'executed' }
      case 'unknown':
        for (const head of this.heads) Object.assign(head, withoutCommit(head, outcome.reason))
        return { ...outcome, transactionId }
      case 'rolled-back':
        this.#markRolledBack(session)
        return { fate: 'failed', error: outcome.error, effects: this.#lasting.afterRollback }
    }
  }

  /** COMMIT was never sent: whatever ran is undone, by ROLLBACK or by the end of the session. */
  async #undo(session: PostgresSession, readOnly: boolean, { error, isLost }: Failure): Promise<RunOutcome> {
    await session.command('rollback').catch(() => session.destroy())
    if (readOnly) this.#lasting.tell(session.notices)
    else this.#markRolledBack(session)
    const isUntouched = readOnly && !isLost && !this.#lasting.isAny
    return { fate: 'failed', error, effects: isUntouched ? 'none' : this.#lasting.afterRollback }
  }

  #markRolledBack({ notices }: PostgresSession): void {
    this.#lasting.tell(notices)
    for (const head of this.heads) if (head.outcome === 'executed') head.outcome = 'rolled-back'
  }

  #failure(error: unknown, sequel: string, statement?: Statement): Failure {
    const isLost = error instanceof ConnectionLost || error instanceof RowTooLarge
    if (this.#control.signal.aborted) return { error: this.#stopped(), isLost }
    if (error instanceof RowTooLarge) return { error: plainError('ROW_TOO_LARGE', error.message), isLost }
    if (error instanceof ConnectionLost) return { error: lostError(error, sequel), isLost }
    return { error: toExecutionError(error, statement, this.#job.content), isLost }
  }

  #stopped(): ExecutionError {
    const reason = stopReasonOf(this.#control.signal) ?? 'time'
    return plainError(stopCodes[reason], stopMessage(reason, this.#job.limits.timeMs))
  }
}

/** What ended a statement; `isLost` when the session ended with it, so that it says nothing of what the server did. */
interface Failure {
  error: ExecutionError
  isLost: boolean
}

const untouched = (code: string, message: string): RunOutcome => ({
  fate: 'failed',
  error: plainError(code, message),
  effects: 'none',
})
