import {
  NumberOf,
  SetClass,
  StringOf,
  anyBytesOf,
  append,
  arrayJoin,
  bytesToHex,
  dateTime,
  dateToIso,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  isDate,
  numberIsFinite,
  setAdd,
  setDelete,
  setHas,
  stringIndexOf,
  stringReplaceAll,
  stringSlice,
  stringifyString,
  unbox,
} from './primordials.js'
import { JsonNumber } from './jsonNumbers.js'
import { Refusal, ensureWhole, readAt } from './refusal.js'
import { exactJson } from './exactJson.js'

const mostValues = 65_535

/** The values of a statement as JSON of a frame: each arrives whole, as the package pg has it, or none of them is sent. */
export function parametersOf(values) {
  if (values.length > mostValues)
    throw new Refusal('db.query', `has ${values.length} values: a statement takes at most ${mostValues}.`)
  const parts = []
  for (let at = 0; at < values.length; at++) {
    const path = `$${at + 1}`
    append(
      parts,
      readAt(path, () => frameOf(itemOf(values, at, path), path)),
    )
  }
  return arrayJoin(parts, ',')
}

export function ensureText(text, path) {
  const nul = stringIndexOf(text, '\0')
  if (nul >= 0)
    throw new Refusal(path, `holds a NUL character at ${nul + 1}, which no text of PostgreSQL can hold.`)
  return ensureWhole(text, path)
}

function itemOf(values, at, path) {
  const item = values[at]
  if (item === undefined && getOwnPropertyDescriptor(values, StringOf(at)) === undefined)
    throw new Refusal(path, 'is a hole in an array: write null.')
  return item
}

// Numbers and truth values stay what they are in the record of what was sent.
function frameOf(value, path) {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'boolean') return StringOf(value)
  // JSON's own -0 would lose its sign on the way.
  if (typeof value === 'number' && numberIsFinite(value) && !Object.is(value, -0)) return StringOf(value)
  const bytes = typeof value === 'object' ? anyBytesOf(value) : null
  return bytes ? `{"bytes":"${bytesToHex(bytes)}"}` : stringifyString(textOf(value, path, new SetClass()))
}

/** PostgreSQL's text of a value. */
function textOf(value, path, within) {
  switch (typeof value) {
    case 'string':
      return ensureText(value, path)
    case 'number':
      return Object.is(value, -0) ? '-0' : StringOf(value)
    case 'boolean':
    case 'bigint':
      return StringOf(value)
    case 'object':
      return readAt(path, () => objectText(value, path, within))
    default:
      throw new Refusal(path, `is a ${typeof value}, which no database can hold.`)
  }
}

function objectText(value, path, within) {
  if (isDate(value)) return dateText(value, path)
  if (isArray(value)) return arrayText(value, path, within)
  if (value instanceof JsonNumber) return value.toString()
  const bytes = anyBytesOf(value)
  if (bytes) return `\\x${bytesToHex(bytes)}`
  if (unbox(value, getPrototypeOf(value)) !== undefined)
    throw new Refusal(path, 'is an object around a plain value: write value.valueOf().')
  if (typeof value.toPostgres === 'function')
    throw new Refusal(path, 'has a method toPostgres, which is not asked here: write what it answers.')
  return exactJson(value, path)
}

function arrayText(items, path, within) {
  if (setHas(within, items)) throw new Refusal(path, 'is an array that it is itself a part of.')
  setAdd(within, items)
  const parts = []
  for (let at = 0; at < items.length; at++) {
    const itemPath = `${path}[${at}]`
    const item = readAt(itemPath, () => itemOf(items, at, itemPath))
    if (item === null || item === undefined) append(parts, 'NULL')
    else {
      const text = textOf(item, itemPath, within)
      append(parts, isArray(item) ? text : quoted(text))
    }
  }
  setDelete(within, items)
  return `{${arrayJoin(parts, ',')}}`
}

const quoted = (text) => `"${stringReplaceAll(stringReplaceAll(text, '\\', '\\\\'), '"', '\\"')}"`

// JavaScript writes years beyond 9999 and before 1 with a sign (+010000, -000001, 0000), which PostgreSQL reads as something else or not at all.
function dateText(value, path) {
  if (!numberIsFinite(dateTime(value))) throw new Refusal(path, 'is an invalid date.')
  const iso = dateToIso(value)
  const signed = iso[0] === '+' || iso[0] === '-'
  const year = NumberOf(stringSlice(iso, 0, signed ? 7 : 4))
  const rest = stringSlice(iso, signed ? 7 : 4)
  // There is no year 0: the one before 1 is 1 BC.
  return year > 0 ? `${fourDigits(year)}${rest}` : `${fourDigits(1 - year)}${rest} BC`
}

const fourDigits = (year) => (year < 10000 ? stringSlice(`000${year}`, -4) : StringOf(year))
