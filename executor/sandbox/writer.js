import {
  ErrorClass,
  ObjectPrototype,
  SetClass,
  StringOf,
  apply,
  arrayJoin,
  bytesOf,
  bytesToHex,
  dateTime,
  dateToIso,
  getOwnPropertyDescriptor,
  isArray,
  isDate,
  isRealMap,
  mapForEach,
  numberIsFinite,
  ownKeys,
  setForEach,
  stringSlice,
  stringifyString,
  typedArrayTag,
} from './primordials.js'

export const maxFrameLength = 4_000_000

// A JSON writer of its own: it survives cycles, throwing getters, proxies, BigInt and a polluted Object.prototype, and it stops at a
// size and a depth. `special` may answer JSON text for values that have a form of their own.
export class TooLarge {}

export function writeJson(value, maxLength, maxDepth, special) {
  let left = maxLength
  const open = []
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
      parts[at] = attempt(() => write(item(at), depth + 1))
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
      if (entry !== null) parts[parts.length] = `${quoted(key)}:${entry}`
      spend(',')
    }
    return `{${arrayJoin(parts, ',')}}`
  }
  const collection = (object, depth) => {
    if (isArray(object)) return list(object.length, (at) => object[at], depth)
    if (isRealMap(object)) {
      const entries = []
      mapForEach(object, (item, key) => {
        entries[entries.length] = [key, item]
      })
      return list(entries.length, (at) => entries[at], depth)
    }
    if (object instanceof SetClass) {
      const items = []
      setForEach(object, (item) => {
        items[items.length] = item
      })
      return list(items.length, (at) => items[at], depth)
    }
    if (object instanceof ErrorClass) return quoted(describe(object, 2000))
    return fields(object, depth)
  }
  const structured = (object, depth) => {
    if (typedArrayTag(object) !== undefined) return quoted(`\\x${bytesToHex(bytesOf(object))}`)
    if (isDate(object))
      return numberIsFinite(dateTime(object)) ? quoted(dateToIso(object)) : quoted('Invalid Date')
    if (depth >= maxDepth) return quoted(`[deeper than ${maxDepth} levels]`)
    for (let at = 0; at < open.length; at++) if (open[at] === object) return quoted('[circular]')
    open[open.length] = object
    try {
      const own = special && special(object)
      if (own) return spend(own)
      const toJson = object.toJSON
      const inherited = getOwnPropertyDescriptor(ObjectPrototype, 'toJSON')
      if (typeof toJson === 'function' && !inherited) return write(apply(toJson, object, []), depth + 1)
      return collection(object, depth)
    } finally {
      open.length -= 1
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
        return quoted(StringOf(item))
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
