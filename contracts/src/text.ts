import { z } from 'zod'

/** What a text that people write may not hold, and what it may: one line, or lines with tabs and line breaks. */
const kinds = {
  line: { refused: /\p{Cc}|\p{Surrogate}/u, allowed: 'one line of text' },
  lines: { refused: /(?![\t\n])\p{Cc}|\p{Surrogate}/u, allowed: 'text, tabs and line breaks' },
}
type TextKind = keyof typeof kinds

/**
 * What is wrong with a text that people are to read, as a sentence for its field; null when nothing is. Control characters
 * (C0, DEL, C1) hide something from the reader, and half a surrogate pair is no character at all. `what` begins the
 * sentence: `A comment`.
 */
export function textFault(what: string, kind: TextKind, text: string): string | null {
  const { refused, allowed } = kinds[kind]
  const found = refused.exec(text)
  if (!found) return null
  const code = found[0].charCodeAt(0)
  const name = /\p{Surrogate}/u.test(found[0]) ? 'half a character' : 'a control character'
  const point = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return `${what} can't hold ${name}: ${point} at character ${found.index + 1}. Only ${allowed} can be used.`
}

const textSchema = (what: string, kind: TextKind, missing?: string) =>
  z
    .string(missing)
    .overwrite((text) => (kind === 'lines' ? text.replace(/\r\n?/g, '\n') : text).trim())
    .refine((text) => textFault(what, kind, text) === null, {
      error: ({ input }) => textFault(what, kind, String(input)) ?? '',
      abort: true,
    })

/** One line that somebody types: a name, a ticket. Trimmed; without control characters. `missing` is said when there is none. */
export const lineOfText = (what: string, missing?: string) => textSchema(what, 'line', missing)

/**
 * Lines that somebody types: a comment, a reason. Trimmed; without control characters but tabs and line breaks, which are
 * `\n` however they were sent (forms send `\r\n`).
 */
export const linesOfText = (what: string, missing?: string) => textSchema(what, 'lines', missing)
