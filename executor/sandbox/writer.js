import {
  ErrorClass,
  ObjectPrototype,
  SetClass,
  StringOf,
  anyBytesOf,
  append,
  apply,
  arrayJoin,
  bytesToHex,
  dateTime,
  dateToIso,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  isDate,
  isPromise,
  isRealMap,
  isRegExp,
  mapForEach,
  numberIsFinite,
  objectKeys,
  ownKeys,
  regExpFlags,
  regExpSource,
  setAdd,
  setDelete,
  setForEach,
  setHas,
  stringSlice,
  stringifyString,
  unbox,
} from './primordials.js'
import { builtInKind } from './valueKinds.js'

export const maxFrameLength = 4_000_000

// A JSON writer for what people read: it survives cycles, throwing getters, proxies, BigInt and a polluted Object.prototype, and it stops at
// a size and a depth. `special` may answer JSON text for objects that have a form of their own. What JSON has no form for becomes a
// placeholder: what is sent to a database never goes through here unprepared.
export class TooLarge {}

const inBrackets = (words) => stringifyString(`[${words}]`)
const inObject = (words) => `{"${placeholderKey}":${stringifyString(words)}}`
const placeholderKey = '$placeholder'

/** A returned value as JSON. Its placeholders are objects that no data looks like: `{"$placeholder": "circular"}`. */
export const writeReturned = (value, maxLength, maxDepth) =>
  writeJson(value, maxLength, maxDepth, null, inObject)

export function writeJson(value, maxLength, maxDepth, special, placeholder = inBrackets) {
  let left = maxLength
  const open = new SetClass()
  const spend = (text) => {
    left -= text.length
    if (left < 0) throw new TooLarge()
    return text
  }
  const quoted = (text) => {
    if (text.length > left) throw new TooLarge()
    return spend(stringifyString(text))
  }
  const instead = (words) => spend(placeholder(words))
  const attempt = (read) => {
    try {
      return read()
    } catch (error) {
      if (error instanceof TooLarge) throw error
      return instead(`threw: ${describe(error, 200)}`)
    }
  }
  const list = (length, item, depth) => {
    const parts = []
    for (let at = 0; at < length; at++) {
      spend(',')
      append(
        parts,
        attempt(() => write(item(at), depth + 1)),
      )
    }
    return `[${arrayJoin(parts, ',')}]`
  }
  const fields = (object, depth) => {
    const parts = []
    const keys = ownKeys(object)
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]
      if (typeof key !== 'string') continue
      const entry = attempt(() => {
        const descriptor = getOwnPropertyDescriptor(object, key)
        if (!descriptor || !descriptor.enumerable) return null
        const read = object[key]
        if (read === undefined) return null
        return write(read, depth + 1)
      })
      if (entry !== null) append(parts, `${quoted(key)}:${entry}`)
      spend(',')
    }
    return `{${arrayJoin(parts, ',')}}`
  }
  const collection = (object, depth) => {
    if (isRealMap(object)) {
      const entries = []
      mapForEach(object, (item, key) => append(entries, [key, item]))
      return list(entries.length, (at) => entries[at], depth)
    }
    if (object instanceof SetClass) {
      const items = []
      setForEach(object, (item) => append(items, item))
      return list(items.length, (at) => items[at], depth)
    }
    const kind = builtInKind(object)
    return kind === null || objectKeys(object).length > 0 ? fields(object, depth) : instead(kind)
  }
  // Answers JSON text for an object of a kind of its own; null for one that is written by its fields.
  const ofAKind = (object, prototype) => {
    const bytes = anyBytesOf(object)
    if (bytes) return quoted(`\\x${bytesToHex(bytes)}`)
    if (isDate(object))
      return numberIsFinite(dateTime(object)) ? quoted(dateToIso(object)) : instead('invalid date')
    if (isRegExp(object)) return quoted(`/${regExpSource(object)}/${regExpFlags(object)}`)
    if (object instanceof ErrorClass) return quoted(describe(object, left))
    if (isPromise(object)) return instead('promise: write await before it')
    const held = unbox(object, prototype)
    return held === undefined ? null : write(held, maxDepth)
  }
  const structured = (object, depth) => {
    const prototype = getPrototypeOf(object)
    const plain = prototype === ObjectPrototype || prototype === null || isArray(object)
    const own = !plain && special ? special(object) : null
    if (own !== null) return spend(own)
    const kind = plain ? null : ofAKind(object, prototype)
    if (kind !== null) return kind
    if (depth >= maxDepth) return instead(`deeper than ${maxDepth} levels`)
    if (setHas(open, object)) return instead('circular')
    setAdd(open, object)
    try {
      const toJson = object.toJSON
      const inherited = getOwnPropertyDescriptor(ObjectPrototype, 'toJSON')
      if (typeof toJson === 'function' && !inherited) return write(apply(toJson, object, []), depth + 1)
      if (isArray(object)) return list(object.length, (at) => object[at], depth)
      if (placeholder === inObject && getOwnPropertyDescriptor(object, placeholderKey) !== undefined)
        return instead(`an object with a field that is called ${placeholderKey}`)
      return plain ? fields(object, depth) : collection(object, depth)
    } finally {
      setDelete(open, object)
    }
  }
  const write = (item, depth) => {
    switch (typeof item) {
      case 'string':
        return quoted(item)
      case 'number':
        // To people reading a line of the console NaN is NaN; a returned one must not look like the text.
        if (!numberIsFinite(item))
          return placeholder === inObject ? instead(StringOf(item)) : quoted(StringOf(item))
        return spend(Object.is(item, -0) ? '-0' : StringOf(item))
      case 'boolean':
        return spend(item ? 'true' : 'false')
      case 'bigint':
        return quoted(StringOf(item))
      case 'object':
        return item === null ? spend('null') : attempt(() => structured(item, depth))
      case 'function':
        return instead('function')
      case 'symbol':
        return instead('symbol')
      default:
        return spend('null')
    }
  }
  return write(value, 0)
}

/** A short text of anything that was thrown or logged; never throws. */
export function describe(value, maxLength) {
  try {
    if (typeof value === 'string') return stringSlice(value, 0, maxLength)
    if (value instanceof ErrorClass) {
      const text = `${StringOf(value.name)}: ${StringOf(value.message)}`
      return stringSlice(text, 0, maxLength)
    }
    if (typeof value !== 'object' || value === null) return stringSlice(StringOf(value), 0, maxLength)
    return writeJson(value, maxLength, 6, null)
  } catch (error) {
    return error instanceof TooLarge ? '[too large to show]' : '[can not be shown]'
  }
}
