import {
  TypeErrorClass,
  captureStackTrace,
  regExpTest,
  stringIsWellFormed,
  stringifyString,
} from './primordials.js'
import { describe } from './writer.js'

/** A value that can't be sent as it is: said before anything is sent. */
export class Refusal extends TypeErrorClass {
  constructor(path, words) {
    super(`${path} ${words} Nothing was sent.`)
  }
}

/** The path of a field, as JavaScript writes it. */
export const fieldPath = (path, name) =>
  regExpTest(/^[A-Za-z_$][\w$]*$/, name) ? `${path}.${name}` : `${path}[${stringifyString(name)}]`

/** What `read` answers. Getters, proxies and toJSON run code of the script's own: what that throws is told with its place. */
export function readAt(path, read) {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(path, `can not be read: ${describe(error, 500)}.`)
  }
}

/** A text that UTF-8 can hold, so that it arrives as it is. */
export function ensureWhole(text, path) {
  if (!stringIsWellFormed(text))
    throw new Refusal(
      path,
      'holds half of a surrogate pair, which no database can hold: cut texts by [...text], or write text.toWellFormed().',
    )
  return text
}

/** What `prepare` answers; a refusal tells the line of the script that called, however deep in the value it was. */
export function beforeSending(prepare) {
  try {
    return prepare()
  } catch (error) {
    if (error instanceof Refusal) captureStackTrace(error)
    throw error
  }
}
