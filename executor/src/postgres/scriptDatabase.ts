import type { ExecutionError, Notice, StatementHead, TransactionMode } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { CallFrame } from '../sandbox/frames.ts'
import type { ScriptDatabase } from '../sandbox/scriptDatabase.ts'
import type { RunControl, RunOutcome } from '../runControl.ts'
import { parseParameters, type Parameter } from './parameters.ts'
import { ScriptEffects } from './scriptEffects.ts'
import { ScriptStatements } from './scriptStatements.ts'
import { ScriptTransaction } from './scriptTransaction.ts'
import type { PostgresSession } from './session.ts'
import { settingError } from './settingError.ts'
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
  readonly #effects: ScriptEffects
  readonly #statements: ScriptStatements
  readonly #transaction: ScriptTransaction

  constructor(options: ScriptDatabaseOptions) {
    this.#options = options
    this.#effects = new ScriptEffects(options.session.notices)
    this.#statements = new ScriptStatements(options, this.#effects)
    this.#transaction = new ScriptTransaction(options, this.#effects)
  }

  get heads(): StatementHead[] {
    return this.#effects.heads
  }

  get notices(): string[] {
    return this.#options.session.notices.texts
  }

  get noticeDetails(): Notice[] {
    return this.#options.session.notices.details
  }

  accept({ t, fields }: CallFrame): (() => Promise<string>) | null {
    const transaction = transactionId(fields['tx'])
    if (transaction === null) return null
    switch (t) {
      case 'query': {
        const parameters = parseParameters(fields['params'])
        const text = fields['text']
        if (typeof text !== 'string' || text.length > maxTextLength || parameters === null) return null
        return () => this.#query(text, parameters, transaction)
      }
      case 'begin': {
        const parent = transactionId(fields['in'])
        if (parent === null || transaction === outside) return null
        return () => this.#transaction.begin(transaction, parent)
      }
      case 'commit':
        return () => this.#transaction.commit(transaction)
      case 'rollback':
        return () => this.#transaction.rollback(transaction)
      default:
        return null
    }
  }

  describe(error: unknown): ExecutionError {
    return this.#statements.describe(error)
  }

  async finish(): Promise<RunOutcome> {
    const outcome = await this.#transaction.finish()
    return this.#withLost(outcome ?? (await this.#finishEach()))
  }

  async abandon(error: ExecutionError): Promise<RunOutcome> {
    await this.#transaction.undo()
    return this.#withLost({ fate: 'failed', error, effects: this.#effects.afterFailure })
  }

  /** Each statement has answered for itself; what is left is whether all of them meant what was approved. */
  async #finishEach(): Promise<RunOutcome> {
    const { session } = this.#options
    const changed = session.lost ? session.reportedChange : await session.askForChange().catch(() => null)
    if (changed === null) return { fate: 'executed' }
    return { fate: 'failed', error: settingError(changed), effects: this.#effects.afterFailure }
  }

  #withLost(outcome: RunOutcome): RunOutcome {
    const { lostReason } = this.#effects
    if (lostReason === null || outcome.fate === 'unknown') return outcome
    return { fate: 'unknown', reason: lostReason, transactionId: null }
  }

  async #query(text: string, parameters: Parameter[], transaction: number): Promise<string> {
    const statement = await this.#statements.prepare(text, parameters)
    this.#transaction.ensureWithin(transaction)
    await this.#transaction.ensureOpen()
    return this.#statements.run(statement, this.#transaction.isOpen)
  }
}

/** The name of no transaction: what stands outside of every db.transaction. */
const outside = 0

const transactionId = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= outside ? value : null
