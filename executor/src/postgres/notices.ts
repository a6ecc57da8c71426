import type pg from 'pg'
import type { Notice } from '@sre-portal/contracts'
import { KeptBytes, maxKeptTextBytes } from '../results/keptBytes.ts'
import { severityRank } from '../results/noticeSeverity.ts'
import { cutText } from '../results/statementHead.ts'

const maxNotices = 200

/** What the server says beside its answers: cut and counted as it comes in, within what the run may keep. */
export class Notices {
  readonly details: Notice[] = []
  /** The ordinal of the statement that runs; null for the portal's own. */
  statement: number | null = null
  readonly #kept: KeptBytes
  #more = 0
  #lowestRank = Infinity

  constructor(kept = new KeptBytes()) {
    this.#kept = kept
  }

  take(
    told: Partial<Pick<pg.DatabaseError, 'severity' | 'code' | 'detail' | 'hint' | 'where'>> & {
      message?: string | undefined
    },
  ): void {
    const severity = told.severity ?? 'NOTICE'
    const isFull = this.details.length >= maxNotices
    if (isFull && severityRank(severity) <= this.#lowestRank) {
      this.#more += 1
      return
    }
    const short = (text: string | undefined) => (text ? cutText(text, maxKeptTextBytes) : null)
    const notice: Notice = {
      statement: this.statement,
      severity,
      code: told.code ?? null,
      message: short(told.message) ?? '',
      detail: short(told.detail),
      hint: short(told.hint),
      context: short(told.where),
    }
    if (!isFull && this.#kept.keeps('notices', notice)) this.#add(notice)
    else this.#replaceLess(notice, isFull)
  }

  #add(notice: Notice): void {
    this.details.push(notice)
    this.#lowestRank = Math.min(this.#lowestRank, severityRank(notice.severity))
  }

  /** The newest of the least severe makes room for one that is more severe, so that many small words hide no large one. */
  #replaceLess(notice: Notice, isFull: boolean): void {
    const at = this.details.findLastIndex(({ severity }) => severityRank(severity) === this.#lowestRank)
    const less = this.details[at]
    const isMore = less !== undefined && severityRank(notice.severity) > this.#lowestRank
    if (!isMore || !this.#kept.wouldKeep(notice, less)) {
      if (isFull) this.#more += 1
      return
    }
    this.details.splice(at, 1)
    this.#kept.giveUp(less)
    this.#kept.keeps('notices', notice)
    this.details.push(notice)
    this.#lowestRank = Math.min(...this.details.map(({ severity }) => severityRank(severity)))
    if (isFull) this.#more += 1
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
