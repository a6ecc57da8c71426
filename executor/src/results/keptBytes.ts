import type { ExecutionError } from '@sre-portal/contracts'
import { cutText } from './statementHead.ts'

/** Most that is kept of a run beside its rows: columns, errors, notices, parameters and texts of statements, in bytes of JSON. */
export const maxKeptBytes = 16 * 1024 * 1024

/** Longest single text that is kept of an error, a notice or a statement, in bytes. */
export const maxKeptTextBytes = 8 * 1024

const shortTextBytes = 200

export type KeptPart = 'columns' | 'fields' | 'errors' | 'notices' | 'texts'

const names: Record<KeptPart, string> = {
  columns: 'the columns and rows of {} statements',
  fields: 'columns for some fields of {} statements, which stand together in one column',
  errors: 'the details of {} errors',
  notices: '{} notices',
  texts: 'most of the texts and parameters of {} statements',
}

/** What one run may keep in memory, and in its result, beside its rows. What doesn't fit is counted, cut, and told. */
export class KeptBytes {
  readonly #most: number
  readonly #leftOut = new Map<KeptPart, number>()
  #left: number

  constructor(most = maxKeptBytes) {
    this.#most = most
    this.#left = most
  }

  /** True when there is room to keep this; else it counts as left out. */
  keeps(part: KeptPart, kept: unknown): boolean {
    const bytes = bytesOf(kept)
    if (bytes > this.#left) {
      this.#leftOut.set(part, (this.#leftOut.get(part) ?? 0) + 1)
      return false
    }
    this.#left -= bytes
    return true
  }

  /** True when there would be room to keep this once the other was given up. */
  wouldKeep(kept: unknown, insteadOf: unknown): boolean {
    return bytesOf(kept) <= this.#left + bytesOf(insteadOf)
  }

  /** Gives back the room of what is no longer kept. */
  giveUp(kept: unknown): void {
    this.#left += bytesOf(kept)
  }

  /** The text as it is kept: cut at `most` bytes, and to a few words when there is no more room. */
  text(text: string, most = maxKeptTextBytes): string {
    const cut = cutText(text, most)
    return this.keeps('texts', cut) ? cut : cutText(text, shortTextBytes)
  }

  /** The error as it is kept, its code and the beginning of its message in any case. */
  error(error: ExecutionError): ExecutionError {
    if (this.keeps('errors', error)) return error
    const { code, message, position, line, column } = error
    return {
      code: code === null ? null : cutText(code, shortTextBytes),
      message: cutText(message, shortTextBytes),
      detail: null,
      hint: null,
      position,
      line,
      column,
      stack: null,
    }
  }

  /** What was left out, in words; null when everything was kept. */
  get leftOut(): string | null {
    if (this.#leftOut.size === 0) return null
    const parts = [...this.#leftOut].map(([part, count]) =>
      names[part].replace('{}', count.toLocaleString('en-US')),
    )
    return `SRE Portal: what a run brings beside its rows is kept up to ${this.#most} bytes. Left out: ${parts.join(', ')}.`
  }
}

const bytesOf = (kept: unknown) => Buffer.byteLength(JSON.stringify(kept))
