import { plainError } from '@sre-portal/analysis/plainError'
import { stopCodes, stopReasonOf, type RunOutcome } from '../runControl.ts'
import { commit } from './commit.ts'
import { ConnectionLost, lostError } from './databaseError.ts'
import type { ScriptDatabaseOptions } from './scriptDatabase.ts'
import type { ScriptEffects } from './scriptEffects.ts'
import { StatementRefused } from './scriptStatements.ts'
import { settingError } from './settingError.ts'
import { currentTransactionId, transactionIdIfAny } from './transactionStatus.ts'

const done = 'null'

/** One `db.transaction` that is open, by the name that the script's side gave it. */
interface OpenTransaction {
  id: number
  /** Null for a transaction of its own. */
  savepoint: string | null
  /** Ordinal of the first statement in it. */
  firstStatement: number
}

/**
 * The transaction around a script, or within it. In mode `single` the whole script is one transaction, opened by its first statement,
 * and `db.transaction` is a savepoint in it; in mode `per-statement` `db.transaction` is a transaction of its own. One is open at a time, and
 * what stands in it are savepoints: a call that names another than the innermost is refused, whatever the script's side was made to believe.
 */
export class ScriptTransaction {
  readonly #options: ScriptDatabaseOptions
  readonly #effects: ScriptEffects
  readonly #stack: OpenTransaction[] = []
  #open = false

  constructor(options: ScriptDatabaseOptions, effects: ScriptEffects) {
    this.#options = options
    this.#effects = effects
  }

  /** True when what is sent now becomes part of an open transaction. */
  get isOpen(): boolean {
    return this.#open
  }

  /** Refuses a call from outside of the innermost open transaction, which would become part of it. */
  ensureWithin(id: number): void {
    const innermost = this.#stack.at(-1)?.id ?? 0
    if (innermost === id) return
    throw new StatementRefused(
      plainError(
        'REFUSED',
        'Another db.transaction is open on this connection: wait for its end, or use its own argument (tx.query, tx.transaction).',
      ),
    )
  }

  async ensureOpen(): Promise<void> {
    if (this.#open || this.#options.mode !== 'single') return
    await this.#options.session.command('begin')
    this.#open = true
  }

  async begin(id: number, parent: number): Promise<string> {
    this.ensureWithin(parent)
    await this.ensureOpen()
    const savepoint = this.#open ? `script_${id}` : null
    await this.#options.session.command(savepoint === null ? 'begin' : `savepoint ${savepoint}`)
    this.#open = true
    this.#stack.push({ id, savepoint, firstStatement: this.#effects.heads.length })
    return done
  }

  async commit(id: number): Promise<string> {
    const ended = this.#end(id)
    if (ended.savepoint === null) {
      await this.#commitOwn(ended)
      return done
    }
    try {
      await this.#options.session.command(`release savepoint ${ended.savepoint}`)
    } catch (error) {
      await this.#rollbackTo(ended)
      throw error
    }
    return done
  }

  async rollback(id: number): Promise<string> {
    const ended = this.#end(id)
    await this.#rollbackTo(ended)
    return done
  }

  /** The script has returned: commits the whole, its id recorded before. Answers null where nothing is open. */
  async finish(): Promise<RunOutcome | null> {
    const { session, control, mode } = this.#options
    if (this.#stack.length > 0)
      return this.#refuse(
        'OPEN_TRANSACTION',
        'The script returned within a db.transaction; it was rolled back.',
      )
    if (!this.#open || mode !== 'single') return null
    if (session.lost) {
      await this.undo()
      return {
        fate: 'failed',
        error: lostError(session.lost, 'The transaction was not committed.'),
        effects: this.#effects.afterRollback,
      }
    }
    if (session.inFailedTransaction) {
      return this.#refuse(
        '25P02',
        'Rolled back: a statement of the script had failed, and PostgreSQL then commits nothing.',
      )
    }
    let transactionId: string | null
    try {
      const changed = await session.askForChange()
      if (changed !== null) {
        await this.undo()
        return { fate: 'failed', error: settingError(changed), effects: this.#effects.afterRollback }
      }
      transactionId = await currentTransactionId(session)
      if (transactionId !== null) {
        await control.beforeKeeping(this.#effects.standing(0))
        await control.beforeCommit(transactionId, session.systemIdentifier)
      }
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

  /** Undoes what is open, by ROLLBACK or by the end of the session. */
  async undo(): Promise<void> {
    const undone = this.#stack.at(0)
    this.#stack.length = 0
    if (!this.#open) return
    this.#open = false
    this.#effects.rolledBack(this.#options.mode === 'single' ? 0 : (undone?.firstStatement ?? 0))
    this.#options.spool.unsettled.clear()
    await this.#options.session.command('rollback').catch(() => this.#options.session.destroy())
  }

  #end(id: number): OpenTransaction {
    this.ensureWithin(id)
    const ended = this.#stack.pop()
    if (!ended) throw new StatementRefused(plainError('REFUSED', 'No db.transaction is open.'))
    return ended
  }

  async #rollbackTo({ savepoint, firstStatement }: OpenTransaction): Promise<void> {
    this.#effects.rolledBack(firstStatement)
    if (savepoint === null) {
      this.#open = false
      this.#options.spool.unsettled.clear()
    }
    await this.#options.session.command(
      savepoint === null ? 'rollback' : `rollback to savepoint ${savepoint}; release savepoint ${savepoint}`,
    )
  }

  async #commitOwn(own: OpenTransaction): Promise<void> {
    const { session, spool, control } = this.#options
    let transactionId: string | null
    try {
      if (session.inFailedTransaction)
        throw new Error('The transaction was rolled back, because one of its statements had failed.')
      const changed = await session.askForChange()
      if (changed !== null) throw new StatementRefused(settingError(changed))
      transactionId = await transactionIdIfAny(session)
      await control.beforeKeeping(this.#effects.standing(own.firstStatement))
    } catch (error) {
      await this.#rollbackTo(own).catch(() => session.destroy())
      throw error
    }
    this.#open = false
    const outcome = await commit(session, transactionId)
    switch (outcome.fate) {
      case 'committed':
        spool.unsettled.clear()
        if (transactionId !== null) this.#effects.committed()
        return
      case 'rolled-back':
        this.#effects.rolledBack(own.firstStatement)
        spool.unsettled.clear()
        throw new StatementRefused(outcome.error)
      case 'unknown':
        this.#effects.lost(outcome.reason, own.firstStatement)
        throw new StatementRefused(plainError('CONNECTION_LOST', outcome.reason))
    }
  }

  async #commitWhole(transactionId: string | null): Promise<RunOutcome> {
    this.#open = false
    this.#options.control.reached('before-commit')
    const outcome = await commit(this.#options.session, transactionId)
    switch (outcome.fate) {
      case 'committed':
        this.#options.control.reached('after-commit')
        return { fate: 'executed' }
      case 'rolled-back':
        this.#effects.rolledBack(0)
        return { fate: 'failed', error: outcome.error, effects: this.#effects.afterRollback }
      case 'unknown':
        this.#effects.lost(outcome.reason, 0)
        return { ...outcome, transactionId }
    }
  }

  async #refuse(code: string, message: string): Promise<RunOutcome> {
    await this.undo()
    return { fate: 'failed', error: plainError(code, message), effects: this.#effects.afterFailure }
  }
}
