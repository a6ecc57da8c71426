import type pg from 'pg'
import type { Notice } from '@sre-portal/contracts'
import { KeptBytes, maxKeptTextBytes } from '../results/keptBytes.ts'
import { cutText } from '../results/statementHead.ts'

const maxNotices = 200

/** What the server says beside its answers: cut and counted as it comes in, within what the run may keep. */
export class Notices {
  readonly details: Notice[] = []
  /** The ordinal of the statement that runs; null for the portal's own. */
  statement: number | null = null
  readonly #kept: KeptBytes
  #more = 0

  constructor(kept = new KeptBytes()) {
    this.#kept = kept
  }

  take(
    told: Partial<Pick<pg.DatabaseError, 'severity' | 'code' | 'detail' | 'hint' | 'where'>> & {
      message?: string | undefined
    },
  ): void {
    if (this.details.length >= maxNotices) {
      this.#more += 1
      return
    }
    const short = (text: string | undefined) => (text ? cutText(text, maxKeptTextBytes) : null)
    const notice: Notice = {
      statement: this.statement,
      severity: told.severity ?? 'NOTICE',
      code: told.code ?? null,
      message: short(told.message) ?? '',
      detail: short(told.detail),
      hint: short(told.hint),
      context: short(told.where),
    }
    if (this.#kept.keeps('notices', notice)) this.details.push(notice)
  }

  /** The same as texts, and what was left out of the run in words. */
  get texts(): string[] {
    const { leftOut } = this.#kept
    return [
      ...this.details.map(textOf),
      ...(this.#more > 0 ? [`SRE Portal: ${this.#more} further notices were not kept.`] : []),
      ...(leftOut === null ? [] : [leftOut]),
    ]
  }
}

const textOf = ({ severity, message, detail, hint }: Notice): string =>
  [
    `${severity}: ${message}`,
    ...(detail === null ? [] : [`DETAIL: ${detail}`]),
    ...(hint === null ? [] : [`HINT: ${hint}`]),
  ].join('\n')
