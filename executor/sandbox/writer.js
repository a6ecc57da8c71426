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

export const maxFrameLength = 4_000_000

// A JSON writer of its own: it survives cycles, throwing getters, proxies, BigInt and a polluted Object.prototype, and it stops at a
// size and a depth. `special` may answer JSON text for objects that have a form of their own; a BigInt becomes text, or, where
// `bareBigInts` says so, the digits of a JSON number.
export class TooLarge {}

export function writeJson(value, maxLength, maxDepth, special, bareBigInts = false) {
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
  const attempt = (read) => {
    try {
      return read()
    } catch (error) {
      if (error instanceof TooLarge) throw error
      return quoted(`[threw: ${describe(error, 200)}]`)
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
        if (read === undefined || typeof read === 'function' || typeof read === 'symbol') return null
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
    return fields(object, depth)
  }
  // Answers JSON text for an object of a kind of its own; null for one that is written by its fields.
  const ofAKind = (object, prototype) => {
    const bytes = anyBytesOf(object)
    if (bytes) return quoted(`\\x${bytesToHex(bytes)}`)
    if (isDate(object))
      return numberIsFinite(dateTime(object)) ? quoted(dateToIso(object)) : quoted('Invalid Date')
    if (isRegExp(object)) return quoted(`/${regExpSource(object)}/${regExpFlags(object)}`)
    if (object instanceof ErrorClass) return quoted(describe(object, 2000))
    if (isPromise(object)) return quoted('[promise: write await before it]')
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
    if (depth >= maxDepth) return quoted(`[deeper than ${maxDepth} levels]`)
    if (setHas(open, object)) return quoted('[circular]')
    setAdd(open, object)
    try {
      const toJson = object.toJSON
      const inherited = getOwnPropertyDescriptor(ObjectPrototype, 'toJSON')
      if (typeof toJson === 'function' && !inherited) return write(apply(toJson, object, []), depth + 1)
      if (isArray(object)) return list(object.length, (at) => object[at], depth)
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
        return numberIsFinite(item) ? spend(StringOf(item)) : quoted(StringOf(item))
      case 'boolean':
        return spend(item ? 'true' : 'false')
      case 'bigint':
        return bareBigInts ? spend(StringOf(item)) : quoted(StringOf(item))
      case 'object':
        return item === null ? spend('null') : attempt(() => structured(item, depth))
      case 'function':
        return quoted('[function]')
      case 'symbol':
        return quoted('[symbol]')
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
