import type { Statement } from '@sre-portal/analysis/sql/statements'
import type { Effects } from '@sre-portal/contracts'
import type { Notices } from './notices.ts'

const maxTold = 20

/** What was sent and may outlast a rollback: numbers of sequences, files, other servers, and what runs code that can't be judged. */
export class LastingEffects {
  readonly #sent: { ordinal: number; words: string; isTold: boolean }[] = []

  /** A statement is about to be sent in a way in which it may write. */
  sending(ordinal: number, { lasting }: Pick<Statement, 'lasting'>): void {
    if (lasting !== null && this.#sent.length < maxTold)
      this.#sent.push({ ordinal, words: lasting, isTold: false })
  }

  get isAny(): boolean {
    return this.#sent.length > 0
  }

  /** What is known to be left of a transaction that is rolled back. */
  get afterRollback(): Extract<Effects, 'rolled-back' | 'partial'> {
    return this.isAny ? 'partial' : 'rolled-back'
  }

  /** Says what a rollback to before this statement may not have taken back. */
  tell(notices: Notices, firstStatement = 0): void {
    for (const effect of this.#sent) {
      if (effect.isTold || effect.ordinal < firstStatement) continue
      effect.isTold = true
      notices.statement = effect.ordinal
      notices.take({
        severity: 'WARNING',
        message: `SRE Portal: the rollback may not have undone this: ${effect.words}`,
      })
    }
    notices.statement = null
  }
}
