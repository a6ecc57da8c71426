import type { Statement } from '@sre-portal/analysis/sql/statements'
import type { Effects, StatementHead } from '@sre-portal/contracts'
import { withoutCommit } from '../results/statementHead.ts'
import { LastingEffects } from './lastingEffects.ts'
import type { Notices } from './notices.ts'

/** What the server's answers prove of what a script's statements left behind. */
export class ScriptEffects {
  readonly heads: StatementHead[] = []
  readonly #notices: Notices
  readonly #lasting = new LastingEffects()
  #committed = false
  #sent = false
  #lost: string | null = null

  constructor(notices: Notices) {
    this.#notices = notices
  }

  /** A statement is about to be sent in a way in which it may write. */
  sending(ordinal: number, statement: Pick<Statement, 'lasting'>): void {
    this.#sent = true
    this.#lasting.sending(ordinal, statement)
  }

  /** A statement is about to be sent READ ONLY. */
  reading(ordinal: number, statement: Pick<Statement, 'lasting'>): void {
    this.#lasting.sending(ordinal, statement)
  }

  /** The server said that something is kept, or an error of it proved nothing of what came before. */
  committed(): void {
    this.#committed = true
  }

  /** The answer to what commits by itself, or to the COMMIT of what was sent since this statement, never came. */
  lost(reason: string, firstStatement?: number): void {
    this.#lost ??= reason
    if (firstStatement === undefined) return
    for (const head of this.heads)
      if (head.ordinal >= firstStatement) Object.assign(head, withoutCommit(head, reason))
  }

  /** What a COMMIT would keep of what was sent since this statement. */
  standing(firstStatement: number): number[] {
    return this.heads
      .filter(({ ordinal, outcome }) => ordinal >= firstStatement && outcome === 'executed')
      .map(({ ordinal }) => ordinal)
  }

  /** What was sent since this statement is undone. */
  rolledBack(firstStatement: number): void {
    for (const head of this.heads)
      if (head.ordinal >= firstStatement && head.outcome === 'executed') head.outcome = 'rolled-back'
    this.#lasting.tell(this.#notices, firstStatement)
  }

  /** Why nobody knows what was kept, or null. */
  get lostReason(): string | null {
    return this.#lost
  }

  /** What is told of a run that did not succeed. */
  get afterFailure(): Effects {
    if (this.#committed) return 'partial'
    return this.#sent || this.#lasting.isAny ? this.afterRollback : 'none'
  }

  /** What is told of a transaction that was rolled back. */
  get afterRollback(): Effects {
    return this.#lasting.afterRollback
  }
}
