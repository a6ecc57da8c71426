// Everything is captured here before the script runs, because the script may replace any global.
export const { apply, ownKeys, getOwnPropertyDescriptor } = Reflect
export const { defineProperty, create, freeze, getPrototypeOf } = Object
export const ObjectPrototype = Object.prototype
export const isArray = Array.isArray
/** An own property whatever prototypes say: a setter on Array.prototype or a getter on Object.prototype never sees it. */
export const setOwn = (object, key, value) =>
  defineProperty(object, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
export const append = (list, value) => setOwn(list, list.length, value)
export const numberIsFinite = Number.isFinite
export const stringifyString = JSON.stringify
export const parseJson = JSON.parse
export const ErrorClass = Error
export const captureStackTrace = Error.captureStackTrace
export const DateClass = Date
export const RegExpClass = RegExp
export const objectKeys = Object.keys
export const numberIsInteger = Number.isInteger
export const TypeErrorClass = TypeError
export const StringOf = String
export const NumberOf = Number
export const MapClass = Map
export const SetClass = Set
export const WeakMapClass = WeakMap
export const Uint8ArrayClass = Uint8Array
export const PromiseClass = Promise
export const AsyncFunction = (async () => {}).constructor
const uncurry =
  (method) =>
  (self, ...rest) =>
    apply(method, self, rest)
export const dateToIso = uncurry(Date.prototype.toISOString)
export const dateTime = uncurry(Date.prototype.getTime)
export const mapGet = uncurry(Map.prototype.get)
export const mapSet = uncurry(Map.prototype.set)
export const mapDelete = uncurry(Map.prototype.delete)
export const weakMapGet = uncurry(WeakMap.prototype.get)
export const weakMapSet = uncurry(WeakMap.prototype.set)
export const mapForEach = uncurry(Map.prototype.forEach)
export const mapSize = uncurry(getOwnPropertyDescriptor(Map.prototype, 'size').get)
const setSize = uncurry(getOwnPropertyDescriptor(Set.prototype, 'size').get)
export const setForEach = uncurry(Set.prototype.forEach)
export const setHas = uncurry(Set.prototype.has)
export const setAdd = uncurry(Set.prototype.add)
export const setDelete = uncurry(Set.prototype.delete)
export const arrayJoin = uncurry(Array.prototype.join)
export const stringSlice = uncurry(String.prototype.slice)
export const stringIndexOf = uncurry(String.prototype.indexOf)
export const stringIsWellFormed = uncurry(String.prototype.isWellFormed)
export const stringReplaceAll = uncurry(String.prototype.replaceAll)
export const bytesToHex = (bytes) => {
  const digits = '0123456789abcdef'
  let text = ''
  for (let at = 0; at < bytes.length; at++) text += digits[bytes[at] >> 4] + digits[bytes[at] & 15]
  return text
}
const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype)
export const typedArrayTag = uncurry(getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag).get)
export const viewBuffer = uncurry(getOwnPropertyDescriptor(typedArrayPrototype, 'buffer').get)
export const viewOffset = uncurry(getOwnPropertyDescriptor(typedArrayPrototype, 'byteOffset').get)
const viewLength = uncurry(getOwnPropertyDescriptor(typedArrayPrototype, 'byteLength').get)
export const encoder = new globalThis.TextEncoder()
export const encode = uncurry(globalThis.TextEncoder.prototype.encode)
export const decoder = new globalThis.TextDecoder()
export const decode = uncurry(globalThis.TextDecoder.prototype.decode)
const preventDefaultOf = uncurry(globalThis.Event.prototype.preventDefault)
export const preventDefault = (event) => preventDefaultOf(event)
export const now = globalThis.performance.now.bind(globalThis.performance)
export const scheduleMicrotask = globalThis.queueMicrotask
export const setTimer = globalThis.setTimeout
export const clearTimer = globalThis.clearTimeout
export const listen = globalThis.addEventListener.bind(globalThis)
export const stdinRead = globalThis.Deno.stdin.read.bind(globalThis.Deno.stdin)
export const stdoutWrite = globalThis.Deno.stdout.write.bind(globalThis.Deno.stdout)

export const hexToBytes = (hex) => {
  const bytes = new Uint8ArrayClass(hex.length / 2)
  for (let at = 0; at < bytes.length; at++) bytes[at] = NumberOf(`0x${stringSlice(hex, at * 2, at * 2 + 2)}`)
  return bytes
}
const charCodeAt = uncurry(String.prototype.charCodeAt)
const fromCharCode = String.fromCharCode
const toBase64 = globalThis.btoa
const fromBase64 = globalThis.atob
export const bytesToBase64 = (bytes) => {
  let text = ''
  for (let at = 0; at < bytes.length; at++) text += fromCharCode(bytes[at])
  return toBase64(text)
}
export const base64ToBytes = (base64) => {
  const text = fromBase64(base64)
  const bytes = new Uint8ArrayClass(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = charCodeAt(text, at)
  return bytes
}
export const regExpSource = uncurry(getOwnPropertyDescriptor(RegExp.prototype, 'source').get)
export const regExpFlags = uncurry(getOwnPropertyDescriptor(RegExp.prototype, 'flags').get)
const regExpHasIndices = uncurry(getOwnPropertyDescriptor(RegExp.prototype, 'hasIndices').get)
export const isRegExp = (value) => {
  try {
    return value !== RegExp.prototype && typeof regExpHasIndices(value) === 'boolean'
  } catch {
    return false
  }
}
const arrayBufferLength = uncurry(getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get)
export const isArrayBuffer = (value) => {
  try {
    return typeof arrayBufferLength(value) === 'number'
  } catch {
    return false
  }
}
const dataViewPart = (name) => uncurry(getOwnPropertyDescriptor(DataView.prototype, name).get)
const [dataViewBuffer, dataViewOffset, dataViewLength] = [
  dataViewPart('buffer'),
  dataViewPart('byteOffset'),
  dataViewPart('byteLength'),
]
/** The bytes of an ArrayBuffer, a DataView or a typed array; null for everything else. */
export const anyBytesOf = (value) => {
  if (typedArrayTag(value) !== undefined) return bytesOf(value)
  if (isArrayBuffer(value)) return new Uint8ArrayClass(value)
  try {
    return new Uint8ArrayClass(dataViewBuffer(value), dataViewOffset(value), dataViewLength(value))
  } catch {
    return null
  }
}
const boxes = [Number, String, Boolean, BigInt].map(({ prototype }) => ({
  prototype,
  valueOf: uncurry(prototype.valueOf),
}))
/** What `new Number(5)` and its like hold; undefined for everything else. */
export const unbox = (value, prototype) => {
  for (let at = 0; at < boxes.length; at++)
    if (boxes[at].prototype === prototype) return boxes[at].valueOf(value)
  return undefined
}
const promiseThen = uncurry(Promise.prototype.then)
const nothing = () => undefined
export const isPromise = (value) => {
  try {
    promiseThen(value, nothing, nothing)
    return true
  } catch {
    return false
  }
}
export const isBytes = (value) => typedArrayTag(value) === 'Uint8Array'
export const bytesOf = (view) => new Uint8ArrayClass(viewBuffer(view), viewOffset(view), viewLength(view))
export const isDate = (value) => {
  try {
    dateTime(value)
    return true
  } catch {
    return false
  }
}
export const isRealMap = (value) => {
  try {
    mapSize(value)
    return true
  } catch {
    return false
  }
}
export const isRealSet = (value) => {
  try {
    setSize(value)
    return true
  } catch {
    return false
  }
}
export const objectTag = uncurry(Object.prototype.toString)
export const regExpTest = uncurry(RegExp.prototype.test)
export const numberIsSafeInteger = Number.isSafeInteger
export const numberToString = uncurry(Number.prototype.toString)
export const RangeErrorClass = RangeError
export const BigIntOf = BigInt
export const randomUuid = globalThis.crypto.randomUUID.bind(globalThis.crypto)
