/** Fields whose order JavaScript would change. */
export interface MovedField {
  /** Which of the written names would stand further to the front. */
  at: number
  /** The names in the order that would be sent. */
  sent: string[]
}

/**
 * Whether an object of JavaScript would keep these fields in the order in which they were written: names that are whole numbers come first in it, the
 * smallest before all others. The engine itself is asked.
 */
export function movedField(names: readonly string[]): MovedField | null {
  const object: Record<string, true> = {}
  for (const name of names) Object.defineProperty(object, name, { value: true, enumerable: true })
  const sent = Object.keys(object)
  const places = new Map(sent.map((name, at) => [name, at]))
  const at = names.findIndex((name, written) => (places.get(name) ?? written) < written)
  return at < 0 ? null : { at, sent }
}

/** True for a name that JavaScript moves before all names that are none such. */
export const isMovable = (name: string): boolean => movedField(['a', name]) !== null

const most = 6

/** What is told of such fields, and what to write instead. */
export function movedWords(names: readonly string[], { at, sent }: MovedField): string {
  const listed = sent.slice(0, most).join(', ') + (sent.length > most ? ', ...' : '')
  return `Names that are whole numbers come first in JavaScript: "${names[at]}" would move to the front, and the fields would be sent as ${listed}. ${orderedForms}`
}

/** Spellings whose order is kept, for people. */
export const orderedForms =
  'Write them in that order where it does not matter. Where it does, write a sort and the keys of an index as a list, such as [["b", 1], ["1", -1]]; an update by pipeline keeps the order of { $arrayToObject: [[["b", 1], ["1", -1]]] }.'
