import { placeOfValue } from './shellValues.ts'
import { ShellError, type Placed } from './shellError.ts'

/** Where an operation stands, and which database it was asked for. */
export interface Where {
  place: Placed
  /** The one database that the request is about; null where nobody has said it yet. */
  database: string | null
  /** True where fields stand as somebody wrote them; an object of a script has the order that JavaScript gave it. */
  isOrderWritten: boolean
}

/** An error at the value's own place where it has one, else at the operation's. */
export const refusal = (message: string, where: Where, value?: unknown): ShellError =>
  new ShellError(message, placeOfValue(value) ?? where.place)

/** The list in words: "a, b and c". */
export function inWords(names: Iterable<string>): string {
  const all = [...names]
  const last = all.pop() ?? ''
  return all.length === 0 ? last : `${all.join(', ')} and ${last}`
}
