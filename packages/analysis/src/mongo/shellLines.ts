import type { Placed } from './shellError.ts'
import { ShellError } from './shellError.ts'
import type { Operation } from './operations.ts'

/** A line such as `show collections`, which mongosh reads before it reads JavaScript. */
export interface ShellLine {
  text: string
  place: Placed
}

const form = /^[ \t]*(?:use|show)\b[^\n;(.=]*(?:;[ \t]*\r?)?$/
const maxLines = 50

/** The line around a place that no JavaScript is, when it is one of mongosh's own words. */
export function shellLineAt(content: string, offset: number): ShellLine | null {
  const start = content.lastIndexOf('\n', offset - 1) + 1
  const next = content.indexOf('\n', offset)
  const line = content.slice(start, next < 0 ? content.length : next)
  if (!form.test(line)) return null
  const trimmed = line.trim()
  const text = trimmed.endsWith(';') ? trimmed.slice(0, -1).trimEnd() : trimmed
  const begin = start + line.indexOf(text)
  return { text, place: { start: begin, end: begin + text.length } }
}

/** The text with the line blanked, every other place in it as before. @throws ShellError when there are too many */
export function withoutLine(content: string, { place }: ShellLine, seen: number): string {
  if (seen >= maxLines) throw new ShellError(`At most ${maxLines} lines of "use" and "show" are read.`, place)
  return `${content.slice(0, place.start)}${' '.repeat(place.end - place.start)}${content.slice(place.end)}`
}

/** What such a line asks for; null for `use` of the database that it is about anyway. @throws ShellError in words */
export function operationOfLine({ text, place }: ShellLine, database: string | null): Operation | null {
  const [verb = '', what = '', ...more] = text.split(/[ \t]+/)
  if (verb === 'use') {
    const name = /^(["']?)(.*)\1$/.exec(what)?.[2]
    if (more.length === 0 && name !== '' && name === database) return null
    throw new ShellError(
      'The database is the one that the request was approved for; no other can be reached.',
      place,
    )
  }
  if (more.length === 0 && (what === 'collections' || what === 'tables'))
    return { collection: null, method: 'getCollectionNames', args: [], modifiers: [], kind: 'read' }
  const hint =
    what === 'dbs' || what === 'databases'
      ? 'a request sees only its own database'
      : 'write "show collections", or a method such as db.stats()'
  throw new ShellError(`"${text.slice(0, 60)}" is not run: ${hint}.`, place)
}
