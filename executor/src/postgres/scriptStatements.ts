import { plainError } from '@sre-portal/analysis/plainError'
import type { Statement } from '@sre-portal/analysis/sql/statements'
import { parseSql } from '@sre-portal/analysis/textAnalysis'
import type { Cell, ExecutionError, StatementHead } from '@sre-portal/contracts'
import { cutText, pendingHead } from '../results/statementHead.ts'
import { ConnectionLost, toExecutionError } from './databaseError.ts'
import { toParameterText, type Parameter } from './parameters.ts'
import type { PortalEnd, PortalField } from './portal.ts'
import type { ScriptDatabaseOptions } from './scriptDatabase.ts'

const maxAnswerBytes = 4 * 1024 * 1024
const maxParameterBytes = 8 * 1024
const maxRecordBytes = 4 * 1024 * 1024
const briefBytes = 256
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

/** The statements of one script: checked, recorded, run, and answered as JSON. */
export class ScriptStatements {
  readonly heads: StatementHead[] = []
  /** True once a statement that may write was answered by the server. */
  wrote = false
  /** True when the connection broke while such a statement was running. */
  lostWrite = false
  readonly #options: ScriptDatabaseOptions
  readonly #remembered = new Map<string, Statement>()
  #recordBytes = 0

  constructor(options: ScriptDatabaseOptions) {
    this.#options = options
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
  async run({ statement, parameters }: PreparedStatement): Promise<string> {
    const { session, control, mode } = this.#options
    const head = this.#record(statement, parameters)
    await control.beforeStatement({
      ordinal: head.ordinal,
      text: statement.text,
      parameters: head.parameters,
    })
    const mayWrite = statement.kind === 'write' || statement.functions.length > 0
    const answer = new Answer(this.#options, head)
    const began = performance.now()
    try {
      const cut = statement.kind === 'read' && mode === 'single' ? 'suspend' : 'drain'
      const end = await session.run(statement.text, parameters.map(toParameterText), answer, cut)
      if (mayWrite) this.wrote = true
      if (mayWrite) control.reached(mode === 'single' ? 'mid-transaction' : 'after-write')
      head.outcome = 'executed'
      if (end.suspended) await session.command(`close "${end.portal}"`)
      return await answer.finish(end)
    } catch (error) {
      // It ran, and what it did counts; only its rows are not handed over.
      if (error instanceof StatementRefused) throw error
      head.outcome = 'failed'
      head.error = toExecutionError(error, { text: statement.text, offset: null })
      if (error instanceof ConnectionLost && mayWrite) this.lostWrite = true
      throw error
    } finally {
      head.durationMs = performance.now() - began
    }
  }

  #record(statement: Statement, parameters: Parameter[]): StatementHead {
    const whole = parameters.length === 0 ? null : JSON.stringify(parameters)
    const most = this.#recordBytes > maxRecordBytes ? briefBytes : maxParameterBytes
    const head = pendingHead(this.heads.length, {
      text: cutText(statement.text, most),
      offset: null,
      parameters: whole === null ? null : cutText(whole, most),
    })
    this.#recordBytes += head.text.length + (head.parameters?.length ?? 0)
    this.heads.push(head)
    return head
  }
}

/** Gathers one statement's rows for the script, and for the stored result. */
class Answer {
  readonly #options: ScriptDatabaseOptions
  readonly #head: StatementHead
  #fields: PortalField[] = []
  readonly #rows: string[] = []
  #bytes = 0
  #tooLarge = false
  #cut = false

  constructor(options: ScriptDatabaseOptions, head: StatementHead) {
    this.#options = options
    this.#head = head
  }

  fields(fields: PortalField[]): void {
    this.#fields = fields
  }

  row(cells: Cell[], bytes: number): boolean {
    this.#bytes += bytes
    if (this.#bytes > maxAnswerBytes) this.#tooLarge = true
    this.#cut ||= !this.#options.spool.add(this.#head.ordinal, cells)
    if (!this.#tooLarge) this.#rows.push(JSON.stringify(cells))
    return !this.#tooLarge
  }

  async finish(end: PortalEnd): Promise<string> {
    const { session, spool } = this.#options
    const returning = this.#fields.length > 0
    const head = this.#head
    await session.learnTypes(this.#fields.map((field) => field.dataTypeID))
    head.columns = this.#fields.map(({ name, dataTypeID }) => ({
      name,
      type: session.types.nameOf(dataTypeID),
    }))
    head.command = end.command
    head.storedRows = spool.storedRows(head.ordinal)
    head.cutBy = this.#cut ? spool.cutBy : null
    head.rowCount = returning && !end.suspended ? end.rows : null
    head.affectedRows = end.command === 'SELECT' ? null : returning ? end.rows : end.count
    if (this.#tooLarge) throw new StatementRefused(tooLarge)
    const rest = { rowCount: returning ? end.rows : (end.count ?? 0), command: end.command }
    const tail = JSON.stringify({ columns: head.columns, ...rest }).slice(1)
    return `{"rows":[${this.#rows.join(',')}],${tail}`
  }
}
