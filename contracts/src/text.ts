import { z } from 'zod'
import { strayUnseen, withoutTags } from './unseenCharacters.ts'

const controls = String.raw`\p{Cc}|\p{Surrogate}`
/** What a text may not hold, and what it may: one line, or lines with tabs and line breaks, or words that are only searched for. */
const kinds = {
  line: { refused: new RegExp(`${controls}|${strayUnseen}`, 'u'), allowed: 'one line of text' },
  lines: {
    refused: new RegExp(String.raw`(?![\t\n])(?:${controls})|${strayUnseen}`, 'u'),
    allowed: 'text, tabs and line breaks',
  },
  words: { refused: new RegExp(controls, 'u'), allowed: 'one line of text' },
}
type TextKind = keyof typeof kinds

const visible = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/gu

/** How many characters of a text can be seen, a blank between two words counted once; marks belong to their letters. */
export function visibleLength(text: string): number {
  const words = text.split(/[\s\u2800]+/u).map((word) => word.match(visible)?.length ?? 0)
  const seen = words.filter((length) => length > 0)
  return seen.reduce((sum, length) => sum + length, 0) + Math.max(0, seen.length - 1)
}

/**
 * What is wrong with a text that people are to read, as a sentence for its field; null when nothing is. Control characters
 * (C0, DEL, C1) and unseen characters (U+202E, U+200B and their like) hide something from the reader where they belong to no sequence that
 * people write, half a surrogate pair is no character at all, and blanks alone say nothing. Places count code points from 1. `what` begins the sentence: `A comment`.
 */
export function textFault(what: string, kind: TextKind, text: string): string | null {
  const { refused, allowed } = kinds[kind]
  const found = refused.exec(withoutTags(text))
  if (!found)
    return kind === 'words' || text.trim() === '' || visibleLength(text) > 0
      ? null
      : `${what} needs a character that can be seen.`
  const place = [...text.slice(0, found.index)].length + 1
  return `${what} can't hold ${nameOf(found[0])}: ${pointOf(found[0])} at character ${place}. Only ${allowed} can be used.`
}

/** `U+202E` */
export const pointOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

function nameOf(character: string): string {
  if (/\p{Surrogate}/u.test(character)) return 'half a character'
  return /\p{Cc}/u.test(character) ? 'a control character' : 'an invisible character'
}

/** What trimming would take away without a word, though it is no blank: it is refused at its place instead. */
const lostByTrimming = /[\v\f\u2028\u2029\ufeff]/

function trimmed(kind: TextKind, text: string): string {
  if (kind !== 'words' && lostByTrimming.test(text)) return text
  return (kind === 'lines' ? text.replace(/\r\n?/g, '\n') : text).trim()
}

const textSchema = (what: string, kind: TextKind, missing?: string) =>
  z
    .string(missing)
    .overwrite((text) => trimmed(kind, text))
    .refine((text) => textFault(what, kind, text) === null, {
      error: ({ input }) => textFault(what, kind, String(input)) ?? '',
      abort: true,
    })

/** One line that somebody types: a name, a ticket. Trimmed; without control and format characters. `missing` is said when there is none. */
export const lineOfText = (what: string, missing?: string) => textSchema(what, 'line', missing)

/**
 * Lines that somebody types: a comment, a reason. Trimmed; without control and format characters but tabs and line breaks, which
 * are `\n` however they were sent (forms send `\r\n`).
 */
export const linesOfText = (what: string, missing?: string) => textSchema(what, 'lines', missing)

/** Words of a query parameter, that are looked for as they are: what old texts hold may be searched for, but control characters. */
export const searchedWords = (what: string) => textSchema(what, 'words')
