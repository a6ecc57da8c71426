import { plainError } from '@sre-portal/analysis/plainError'
import { stopCodes, stopReasonOf, type RunOutcome } from '../runControl.ts'
import { ConnectionLost, toExecutionError } from './databaseError.ts'
import type { ScriptDatabaseOptions } from './scriptDatabase.ts'
import { resolveLostCommit } from './lostCommit.ts'
import { isRefusal } from './session.ts'
import { currentTransactionId } from './transactionStatus.ts'

const done = 'null'

/**
 * The transaction around a script, or within it. In mode `single` the whole script is one transaction, opened by its first statement,
 * and `db.transaction` is a savepoint in it; in mode `per-statement` `db.transaction` is a transaction of its own.
 */
export class ScriptTransaction {
  readonly #options: ScriptDatabaseOptions
  #open = false
  #depth = 0

  constructor(options: ScriptDatabaseOptions) {
    this.#options = options
  }

  get #single(): boolean {
    return this.#options.mode === 'single'
  }

  async ensureOpen(): Promise<void> {
    if (this.#open || !this.#single) return
    await this.#options.session.command('begin')
    this.#open = true
  }

  async begin(): Promise<string> {
    await this.ensureOpen()
    if (this.#open) {
      await this.#options.session.command(`savepoint script_${this.#depth + 1}`)
    } else {
      await this.#options.session.command('begin')
      this.#open = true
    }
    this.#depth += 1
    return done
  }

  async commit(): Promise<string> {
    if (this.#depth === 0) return done
    if (this.#single || this.#depth > 1) {
      await this.#options.session.command(`release savepoint script_${this.#depth}`)
      this.#depth -= 1
      return done
    }
    this.#depth = 0
    const failed = this.#options.session.inFailedTransaction
    this.#open = false
    await this.#options.session.command(failed ? 'rollback' : 'commit')
    if (failed) throw new Error('The transaction was rolled back, because one of its statements had failed.')
    return done
  }

  async rollback(): Promise<string> {
    if (this.#depth === 0) return done
    if (this.#single || this.#depth > 1) {
      await this.#options.session.command(`rollback to savepoint script_${this.#depth}`)
    } else {
      this.#open = false
      await this.#options.session.command('rollback')
    }
    this.#depth -= 1
    return done
  }

  /** The script has returned: commits the whole, its id recorded before. */
  async finish(wrote: boolean): Promise<RunOutcome> {
    const { session, control } = this.#options
    if (!this.#open) return { fate: 'executed' }
    if (!this.#single)
      return this.#refuse(
        'OPEN_TRANSACTION',
        'The script returned within a transaction; it was rolled back.',
        'partial',
      )
    if (session.inFailedTransaction) {
      return this.#refuse(
        '25P02',
        'Rolled back: a statement of the script had failed, and PostgreSQL then commits nothing.',
      )
    }
    if (!wrote) {
      await session.command('commit').catch(() => undefined)
      return { fate: 'executed' }
    }
    let transactionId: string
    try {
      transactionId = await currentTransactionId(session)
      await control.beforeCommit(transactionId)
    } catch (error) {
      const message =
        error instanceof ConnectionLost
          ? `${error.message} The transaction was not committed.`
          : 'The transaction was rolled back, because the portal could not record it before its COMMIT.'
      return this.#refuse('NOT_RECORDED', message)
    }
    const stopped = stopReasonOf(control.signal)
    if (stopped) return this.#refuse(stopCodes[stopped], 'Stopped before its COMMIT was sent.')
    return this.#commitWhole(transactionId)
  }

  async undo(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#options.session.command('rollback').catch(() => this.#options.session.destroy())
  }

  async #commitWhole(transactionId: string): Promise<RunOutcome> {
    this.#open = false
    this.#options.control.reached('before-commit')
    try {
      await this.#options.session.command('commit')
      this.#options.control.reached('after-commit')
      return { fate: 'executed' }
    } catch (error) {
      if (isRefusal(error)) return { fate: 'failed', error: toExecutionError(error), effects: 'rolled-back' }
      return resolveLostCommit(this.#options.target, this.#options.bounds, transactionId)
    }
  }

  async #refuse(
    code: string,
    message: string,
    effects: 'rolled-back' | 'partial' = 'rolled-back',
  ): Promise<RunOutcome> {
    await this.undo()
    return { fate: 'failed', error: plainError(code, message), effects }
  }
}
