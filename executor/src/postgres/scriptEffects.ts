import type { Effects, StatementHead } from '@sre-portal/contracts'

/** What the server's answers prove of what a script's statements left behind. */
export class ScriptEffects {
  readonly heads: StatementHead[] = []
  #committed = false
  #sent = false
  #lost: string | null = null

  /** A statement is about to be sent in a way in which it may write. */
  sending(): void {
    this.#sent = true
  }

  /** The server said that something is kept, or an error of it proved nothing of what came before. */
  committed(): void {
    this.#committed = true
  }

  /** The answer to what commits by itself never came. */
  lost(reason: string): void {
    this.#lost ??= reason
  }

  /** What was sent since this statement is undone. */
  rolledBack(firstStatement: number): void {
    for (const head of this.heads)
      if (head.ordinal >= firstStatement && head.outcome === 'executed') head.outcome = 'rolled-back'
  }

  /** Why nobody knows what was kept, or null. */
  get lostReason(): string | null {
    return this.#lost
  }

  /** What is told of a run that did not succeed. */
  get afterFailure(): Effects {
    return this.#committed ? 'partial' : this.#sent ? 'rolled-back' : 'none'
  }
}
