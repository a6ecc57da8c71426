import {
  ErrorClass,
  RegExpClass,
  anyBytesOf,
  isArrayBuffer,
  isPromise,
  isRealMap,
  isRealSet,
  isRegExp,
  objectTag,
  regExpTest,
  stringSlice,
  typedArrayTag,
} from './primordials.js'

/**
 * The kind of an object that is more than its fields, such as Promise, Map or Uint8Array; null for a plain one and for instances of the
 * script's own classes.
 */
export function builtInKind(object) {
  if (isPromise(object)) return 'Promise'
  if (isRealMap(object)) return 'Map'
  if (isRealSet(object)) return 'Set'
  if (isRegExp(object) || object instanceof RegExpClass) return 'RegExp'
  if (object instanceof ErrorClass) return 'Error'
  if (anyBytesOf(object)) return typedArrayTag(object) ?? (isArrayBuffer(object) ? 'ArrayBuffer' : 'DataView')
  const name = stringSlice(objectTag(object), 8, -1)
  return name === 'Object' || name === 'Arguments' ? null : name
}

/** What to write instead of an object that has no form of its own where it stands. */
export function insteadOf(kind) {
  if (kind === 'Promise') return 'is a promise: write await before it.'
  if (kind === 'Set') return 'is a Set: write [...set].'
  if (kind === 'Map') return 'is a Map: write Object.fromEntries(map), or [...map].'
  if (kind === 'RegExp') return 'is a RegExp: write its source.'
  if (kind === 'Error') return 'is an Error: write its message, or the fields that it should have.'
  if (kind === 'ArrayBuffer') return 'is an ArrayBuffer: write new Uint8Array(buffer).'
  if (kind === 'DataView' || regExpTest(/Array$/, kind))
    return `is a ${kind}: write new Uint8Array(view.buffer, view.byteOffset, view.byteLength) for its bytes, or [...view] for its numbers.`
  return `is a ${kind}: write the text, or the fields, that it should have.`
}
