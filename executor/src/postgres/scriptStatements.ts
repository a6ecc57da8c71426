import { plainError } from '@sre-portal/analysis/plainError'
import { mayWrite } from '@sre-portal/analysis/sql/statementKind'
import type { Statement } from '@sre-portal/analysis/sql/statements'
import { parseSql } from '@sre-portal/analysis/textAnalysis'
import type { Cell, ExecutionError, StatementHead } from '@sre-portal/contracts'
import { pendingHead } from '../results/statementHead.ts'
import { ConnectionLost, lostError, toExecutionError, withReadOnlyHint } from './databaseError.ts'
import { toParameterText, type Parameter } from './parameters.ts'
import type { PortalEnd, PortalField } from './portal.ts'
import type { ScriptDatabaseOptions } from './scriptDatabase.ts'
import type { ScriptEffects } from './scriptEffects.ts'
import { judgeOnServer, notAsked, type ServerJudgement } from './serverJudgement.ts'
import { isRefusal, RowTooLarge } from './session.ts'
import { settingError } from './settingError.ts'
import { affectedBy, KeptRows, type SentStatement } from './statementRun.ts'

const maxAnswerBytes = 4 * 1024 * 1024
const maxRemembered = 200

/** A statement that is ready to be sent. */
export interface PreparedStatement {
  statement: Statement
  parameters: Parameter[]
}

/** A statement that the portal does not send. */
export class StatementRefused extends Error {
  override readonly name = 'StatementRefused'
  readonly refusal: ExecutionError

  constructor(refusal: ExecutionError) {
    super(refusal.message)
    this.refusal = refusal
  }
}

const tooLarge = plainError(
  'ANSWER_LIMIT',
  'The rows of this statement take more than 4 MiB, the most that db.query hands to a script. The statement itself was executed.',
  'Select fewer columns, or read in parts: … where id > $1 order by id limit 1000.',
)

const refused = (message: string) => new StatementRefused(plainError('REFUSED', message))

/** How a statement is sent: within a transaction that is open, in a READ ONLY one of its own, or by itself, so that it commits by itself. */
type Sending = 'within' | 'read only' | 'by itself'

/** The statements of one script: checked, recorded, run, and answered as JSON. */
export class ScriptStatements {
  readonly #options: ScriptDatabaseOptions
  readonly #effects: ScriptEffects
  readonly #remembered = new Map<string, Statement>()

  constructor(options: ScriptDatabaseOptions, effects: ScriptEffects) {
    this.#options = options
    this.#effects = effects
  }

  /** Refuses what the portal never sends, with words for the script. */
  async prepare(text: string, parameters: Parameter[]): Promise<PreparedStatement> {
    const remembered = this.#remembered.get(text)
    if (remembered) return { statement: remembered, parameters }
    const parsed = await parseSql(text)
    if ('error' in parsed) throw new StatementRefused(parsed.error)
    const [statement, ...more] = parsed.statements
    if (!statement) throw refused('There is no statement in this text.')
    if (more.length > 0) throw refused('One statement a call, so that each has a result of its own.')
    if (statement.refusal) throw refused(statement.refusal)
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    this.#remembered.set(text, statement)
    return { statement, parameters }
  }

  /** Records and sends a statement; answers its rows as JSON for the script. */
  async run({ statement, parameters }: PreparedStatement, isWithin: boolean): Promise<string> {
    const { control, mode, session } = this.#options
    if (session.reportedChange !== null) throw new StatementRefused(settingError(session.reportedChange))
    const judged = await this.#judge(statement, isWithin)
    const reads = !mayWrite(statement) && !statement.commitsItself && !judged.writes
    const sending: Sending = isWithin ? 'within' : reads ? 'read only' : 'by itself'
    const head = this.#record(statement, parameters)
    await control.beforeStatement({
      ordinal: head.ordinal,
      text: statement.text,
      parameters: head.parameters,
      readOnly: sending === 'read only' && judged.unseen === null,
      isWithin,
    })
    // The time for recording it may have been the last.
    if (control.signal.aborted) throw refused('The run was stopped before this statement was sent.')
    const told = { lasting: statement.lasting ?? judged.unseen }
    if (sending === 'read only') this.#effects.reading(head.ordinal, told)
    else this.#effects.sending(head.ordinal, told)
    if (isWithin) this.#options.spool.unsettled.add(head)
    const began = performance.now()
    try {
      session.notices.statement = head.ordinal
      const answer = await this.#send(statement, parameters, head, {
        sending,
        changesNothing: reads && judged.unseen === null,
      })
      if (session.reportedChange !== null) throw new StatementRefused(settingError(session.reportedChange))
      if (sending === 'by itself') this.#effects.committed()
      if (sending !== 'read only') control.reached(mode === 'single' ? 'mid-transaction' : 'after-write')
      return answer
    } catch (error) {
      // It ran, and what it did counts; only its rows are not handed over.
      if (error instanceof StatementRefused) {
        if (sending === 'by itself') this.#effects.committed()
        throw error
      }
      head.outcome = 'failed'
      const described = this.describe(error, statement.text)
      head.error = this.#options.spool.kept.error(
        sending === 'read only' ? withReadOnlyHint(described) : described,
      )
      if (sending === 'by itself') this.#failedByItself(error, statement, head)
      else head.affectedRows = 0
      throw error
    } finally {
      session.notices.statement = null
      head.durationMs = performance.now() - began
      this.#options.spool.answered.add(head)
    }
  }

  /** An error as the script and the stored result tell it. */
  describe(error: unknown, text: string | null = null): ExecutionError {
    if (error instanceof StatementRefused) return error.refusal
    if (error instanceof RowTooLarge) return plainError('ROW_TOO_LARGE', error.message)
    if (error instanceof ConnectionLost) {
      const { mode } = this.#options
      return lostError(
        error,
        mode === 'single'
          ? 'The transaction of the script was not committed.'
          : 'The session has ended with it.',
      )
    }
    return text === null ? toExecutionError(error) : toExecutionError(error, { text, offset: null })
  }

  /** A refusal undoes an ordinary statement whole. What may commit on its way, and what never answered, is as much as can have happened. */
  #failedByItself(error: unknown, statement: Statement, head: StatementHead): void {
    if (error instanceof ConnectionLost || error instanceof RowTooLarge) {
      this.#effects.lost(
        `The answer to statement ${head.ordinal + 1} never came: ${head.error?.message ?? ''}`,
      )
    } else if (statement.commitsItself) this.#effects.committed()
    else head.affectedRows = 0
  }

  async #judge(statement: Statement, isWithin: boolean): Promise<ServerJudgement> {
    const { session } = this.#options
    if (!isWithin)
      return judgeOnServer(session, [statement]).catch((error: unknown) => {
        if (isRefusal(error)) return notAsked
        throw error
      })
    const nothingRuns = { writes: false, unseen: null }
    if (session.inFailedTransaction) return nothingRuns
    // After a failed question the transaction takes no statement any more.
    return judgeOnServer(session, [statement]).catch(() => nothingRuns)
  }

  async #send(
    statement: Statement,
    parameters: Parameter[],
    head: StatementHead,
    { sending, changesNothing }: { sending: Sending; changesNothing: boolean },
  ): Promise<string> {
    const { session, mode } = this.#options
    const answer = new Answer(this.#options, head)
    const values = parameters.map(toParameterText)
    if (sending === 'read only') {
      await session.command('begin transaction read only')
      // The first query fixes the transaction's mode: no statement can make it writable.
      await session.command('select 1')
    }
    try {
      const isCut = sending === 'read only' || (mode === 'single' && statement.kind === 'read')
      const end = await session.run(statement.text, values, answer, isCut ? 'suspend' : 'drain')
      head.outcome = 'executed'
      if (end.suspended) await session.command(`close "${end.portal}"`)
      const text = await answer.finish(end, {
        reads: changesNothing,
        isCounted: statement.isCounted,
      })
      if (sending === 'read only') await session.command('commit')
      return text
    } catch (error) {
      if (sending === 'read only') await session.command('rollback').catch(() => session.destroy())
      throw error
    }
  }

  #record(statement: Statement, parameters: Parameter[]): StatementHead {
    const { kept } = this.#options.spool
    const whole = parameters.length === 0 ? null : JSON.stringify(parameters)
    const head = pendingHead(this.#effects.heads.length, {
      text: kept.text(statement.text),
      offset: null,
      parameters: whole === null ? null : kept.text(whole),
    })
    this.#effects.heads.push(head)
    return head
  }
}

/** Gathers one statement's rows for the script, and for the stored result. */
class Answer {
  readonly #options: ScriptDatabaseOptions
  readonly #head: StatementHead
  readonly #kept: KeptRows
  readonly #rows: string[] = []
  #bytes = 0
  #tooLarge = false

  constructor(options: ScriptDatabaseOptions, head: StatementHead) {
    this.#options = options
    this.#head = head
    this.#kept = new KeptRows(options.spool, head)
  }

  fields(fields: PortalField[]): void {
    this.#kept.describe(fields)
  }

  row(cells: Cell[], bytes: number): boolean {
    this.#bytes += bytes
    if (this.#bytes > maxAnswerBytes) this.#tooLarge = true
    this.#kept.keep(cells)
    if (!this.#tooLarge) this.#rows.push(JSON.stringify(cells))
    return !this.#tooLarge
  }

  async finish(end: PortalEnd, judged: Pick<SentStatement, 'reads' | 'isCounted'>): Promise<string> {
    const { session } = this.#options
    const returning = this.#kept.isReturned
    const head = this.#head
    await session.learnTypes(this.#kept.typeIds)
    this.#kept.tell(session)
    head.command = end.command
    head.rowCount = returning && !end.suspended ? end.rows : null
    head.affectedRows = affectedBy(end, returning, judged)
    if (this.#tooLarge) throw new StatementRefused(tooLarge)
    const rest = { rowCount: returning ? end.rows : (end.count ?? 0), command: end.command }
    const delimiters = this.#kept.typeIds.map((oid) => session.types.delimiterOf(oid))
    const tail = JSON.stringify({ columns: this.#kept.columns(session), delimiters, ...rest }).slice(1)
    return `{"rows":[${this.#rows.join(',')}],${tail}`
  }
}
