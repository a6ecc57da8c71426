import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError, StatementHead, TransactionMode } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { CallFrame } from '../sandbox/frames.ts'
import type { ScriptDatabase } from '../sandbox/scriptDatabase.ts'
import type { RunControl, RunOutcome } from '../runControl.ts'
import { ConnectionLost, toExecutionError } from './databaseError.ts'
import { parseParameters, type Parameter } from './parameters.ts'
import { ScriptStatements, StatementRefused } from './scriptStatements.ts'
import { ScriptTransaction } from './scriptTransaction.ts'
import { RowTooLarge, type PostgresSession } from './session.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'

/** What a script's database is made of. */
export interface ScriptDatabaseOptions {
  session: PostgresSession
  target: PostgresTarget
  bounds: SessionBounds
  mode: TransactionMode
  spool: RowSpool
  control: RunControl
}

const maxTextLength = 1024 * 1024

/** `db` of a PostgreSQL script: one session, one statement at a time, everything recorded before it is sent. */
export class PostgresScriptDatabase implements ScriptDatabase {
  readonly engine = 'postgresql'
  readonly #options: ScriptDatabaseOptions
  readonly #statements: ScriptStatements
  readonly #transaction: ScriptTransaction

  constructor(options: ScriptDatabaseOptions) {
    this.#options = options
    this.#statements = new ScriptStatements(options)
    this.#transaction = new ScriptTransaction(options)
  }

  get heads(): StatementHead[] {
    return this.#statements.heads
  }

  get notices(): string[] {
    return this.#options.session.notices
  }

  accept({ t, fields }: CallFrame): (() => Promise<string>) | null {
    switch (t) {
      case 'query': {
        const parameters = parseParameters(fields['params'])
        const text = fields['text']
        if (typeof text !== 'string' || text.length > maxTextLength || parameters === null) return null
        return () => this.#query(text, parameters)
      }
      case 'begin':
        return () => this.#transaction.begin()
      case 'commit':
        return () => this.#transaction.commit()
      case 'rollback':
        return () => this.#transaction.rollback()
      default:
        return null
    }
  }

  describe(error: unknown): ExecutionError {
    if (error instanceof StatementRefused) return error.refusal
    if (error instanceof RowTooLarge) return plainError('ROW_TOO_LARGE', error.message)
    if (error instanceof ConnectionLost) return plainError('CONNECTION_LOST', error.message)
    return toExecutionError(error)
  }

  async finish(): Promise<RunOutcome> {
    const outcome = await this.#transaction.finish(this.#statements.wrote)
    if (outcome.fate !== 'executed' && this.#options.mode === 'single') this.#markRolledBack(outcome)
    return outcome
  }

  async abandon(error: ExecutionError): Promise<RunOutcome> {
    await this.#transaction.undo()
    if (this.#options.mode === 'single') {
      const outcome: RunOutcome = {
        fate: 'failed',
        error,
        effects: this.heads.length === 0 ? 'none' : 'rolled-back',
      }
      this.#markRolledBack(outcome)
      return outcome
    }
    if (this.#statements.lostWrite) {
      const reason = `The connection broke while a statement was running: ${error.message}`
      return { fate: 'unknown', reason, transactionId: null }
    }
    return { fate: 'failed', error, effects: this.#statements.wrote ? 'partial' : 'none' }
  }

  async #query(text: string, parameters: Parameter[]): Promise<string> {
    const statement = await this.#statements.prepare(text, parameters)
    await this.#transaction.ensureOpen()
    return this.#statements.run(statement)
  }

  #markRolledBack(outcome: RunOutcome): void {
    if (outcome.fate !== 'failed') return
    for (const head of this.heads) if (head.outcome === 'executed') head.outcome = 'rolled-back'
  }
}
