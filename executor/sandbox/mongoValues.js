import {
  DateClass,
  NumberOf,
  RegExpClass,
  StringOf,
  TypeErrorClass,
  base64ToBytes,
  bytesOf,
  create,
  dateTime,
  isArray,
  isBytes,
  isDate,
  isRealMap,
  isRegExp,
  mapForEach,
  numberIsFinite,
  objectKeys,
  objectTag,
  regExpFlags,
  regExpSource,
  regExpTest,
  setOwn,
  stringSlice,
} from './primordials.js'
import {
  BSONRegExp,
  Binary,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  Typed,
  UUID,
  binData,
  ejsonOf,
  hexData,
} from './mongoTypes.js'
import { maxFrameLength, writeJson } from './writer.js'

// mongosh writes these without `new`.
const callable = (Class) => new Proxy(Class, { apply: (_target, _self, values) => new Class(...values) })

/** The names that a MongoDB script finds beside `db`. */
export function mongoConstructors() {
  return {
    ObjectId: callable(ObjectId),
    ObjectID: callable(ObjectId),
    Long: callable(Long),
    NumberLong: callable(Long),
    Decimal128: callable(Decimal128),
    NumberDecimal: callable(Decimal128),
    Int32: callable(Int32),
    NumberInt: callable(Int32),
    Double: callable(Double),
    Binary: callable(Binary),
    BinData: binData,
    HexData: hexData,
    UUID: callable(UUID),
    Timestamp: callable(Timestamp),
    MinKey: callable(MinKey),
    MaxKey: callable(MaxKey),
    BSONRegExp: callable(BSONRegExp),
    ISODate: isoDate,
  }
}

const isoForm =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/

/** As mongosh has it: a text without a zone is UTC. */
function isoDate(value, ...more) {
  if (value === undefined && more.length === 0) return new DateClass()
  const wrong = () => new TypeErrorClass('This is not a date. Write it as ISODate("2026-01-31T12:00:00Z").')
  if (more.length > 0) throw wrong()
  if (typeof value !== 'string') {
    const date = new DateClass(isDate(value) || typeof value === 'number' ? value : NaN)
    if (!numberIsFinite(dateTime(date))) throw wrong()
    return date
  }
  const found = isoForm.exec(value)
  if (!found) throw wrong()
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = found
  const millis = stringSlice(fraction + '000', 0, 3)
  const utc = new DateClass(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`)
  const lost = regExpTest(/[1-9]/, stringSlice(fraction, 3))
  if (lost || !numberIsFinite(dateTime(utc)) || utc.getUTCDate() !== NumberOf(day)) throw wrong()
  if (zone === 'Z') return utc
  const minutes = NumberOf(stringSlice(zone, 1, 3)) * 60 + NumberOf(stringSlice(zone, 3).replace(':', ''))
  return new DateClass(dateTime(utc) - (zone[0] === '-' ? -1 : 1) * minutes * 60000)
}

const marked = (value) => `{"$ejson":${writeJson(ejsonOf(value), maxFrameLength, 10, null)}}`
const specialValue = (value) => (value instanceof Typed ? marked(value) : null)

class Wrapped extends Typed {}

/** A value as text for the executor: JSON, with `{"$ejson": ...}` around what JSON has no type for. Nothing of it is left out. */
export function toFrame(value) {
  return writeJson(prepared(value, 0, 'the value'), maxFrameLength, 220, specialValue)
}

function prepared(value, depth, path) {
  if (depth > 100) throw new TypeErrorClass('Documents are nested at most 100 levels.')
  switch (typeof value) {
    case 'number':
      return numberIsFinite(value) && !Object.is(value, -0) ? value : new Double(value)
    case 'bigint':
      return new Long(value)
    case 'undefined':
      return new Wrapped({ $undefined: true })
    case 'function':
    case 'symbol':
      throw new TypeErrorClass(`${path} is a ${typeof value}, which no database can hold.`)
    case 'object':
      break
    default:
      return value
  }
  if (value === null || value instanceof Typed) return value
  if (isRegExp(value)) return new BSONRegExp(regExpSource(value), flagsOf(value, path))
  if (isDate(value)) return dateValue(dateTime(value), path)
  if (isBytes(value)) return new Binary(bytesOf(value))
  if (isArray(value)) {
    const items = []
    for (let at = 0; at < value.length; at++)
      setOwn(items, at, prepared(value[at], depth + 1, `${path}[${at}]`))
    return items
  }
  return documentOf(value, depth, path)
}

function documentOf(value, depth, path) {
  const fields = create(null)
  if (isRealMap(value)) {
    const names = []
    mapForEach(value, (item, name) => {
      if (typeof name !== 'string') throw new TypeErrorClass(`A name in ${path} is not a text.`)
      setOwn(names, names.length, name)
      takeField(fields, name, item, depth, path)
    })
    ensureSameOrder(names, objectKeys(fields), path)
    return fields
  }
  const kind = objectTag(value)
  if (kind !== '[object Object]') throw new TypeErrorClass(`${path} is no document: ${hintFor(kind)}`)
  const names = objectKeys(value)
  for (let at = 0; at < names.length; at++) takeField(fields, names[at], value[names[at]], depth, path)
  return fields
}

function takeField(fields, name, value, depth, path) {
  if (name === '$ejson') throw new TypeErrorClass('A field can not be called $ejson.')
  setOwn(fields, name, prepared(value, depth + 1, `${path}.${name}`))
}

// A Map keeps an order that objects do not: names that are whole numbers come first in those.
function ensureSameOrder(names, sent, path) {
  for (let at = 0; at < names.length; at++) {
    if (names[at] === sent[at]) continue
    throw new TypeErrorClass(
      `${path} is a Map whose order would be lost, because "${sent[at]}" is a whole number: write a sort and the keys of an index as a list, such as [["b", 1], ["1", -1]], and other fields in the order of JavaScript.`,
    )
  }
}

function hintFor(kind) {
  const name = stringSlice(kind, 8, -1)
  if (name === 'Promise') return 'it is a promise; write await before it.'
  if (name === 'Set') return 'it is a Set; write [...set].'
  if (name === 'ArrayBuffer') return 'it is an ArrayBuffer; write new Uint8Array(buffer).'
  if (name === 'DataView' || regExpTest(/Array$/, name))
    return `it is a ${name}; write new Uint8Array(view.buffer, view.byteOffset, view.byteLength) for its bytes, or [...view] for its numbers.`
  return `it is a ${name}; write the fields that it should have.`
}

function flagsOf(value, path) {
  const flags = regExpFlags(value)
  if (!regExpTest(/^[imsu]*$/, flags))
    throw new TypeErrorClass(
      `${path} is a regular expression with the flags ${flags}: MongoDB has i, m, s, u and x.`,
    )
  return flags
}

function dateValue(millis, path) {
  if (!numberIsFinite(millis)) throw new TypeErrorClass(`${path} is an invalid date.`)
  return new Wrapped({ $date: { $numberLong: StringOf(millis) } })
}

/** Values of an answer: numbers of 32 bits and doubles are numbers, dates Date, everything without a type of its own a class as above. */
export function fromFrame(value) {
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) {
    for (let at = 0; at < value.length; at++) setOwn(value, at, fromFrame(value[at]))
    return value
  }
  const names = objectKeys(value)
  if (names.length === 1 && names[0] === '$ejson') return fromEjson(value.$ejson)
  for (let at = 0; at < names.length; at++) setOwn(value, names[at], fromFrame(value[names[at]]))
  return value
}

function fromEjson(ejson) {
  const key = objectKeys(ejson)[0]
  const content = ejson[key]
  switch (key) {
    case '$numberInt':
    case '$numberDouble':
      return NumberOf(content)
    case '$numberLong':
      return new Long(content)
    case '$numberDecimal':
      return new Decimal128(content)
    case '$oid':
      return new ObjectId(content)
    case '$date':
      return new DateClass(NumberOf(content.$numberLong))
    case '$binary':
      return new Binary(base64ToBytes(content.base64), NumberOf('0x' + content.subType))
    case '$timestamp':
      return new Timestamp(content.t, content.i)
    case '$regularExpression':
      return readRegExp(content.pattern, content.options)
    case '$minKey':
      return new MinKey()
    case '$maxKey':
      return new MaxKey()
    case '$undefined':
      return null
    default:
      return new Wrapped(ejson)
  }
}

/** JavaScript's own where it means the same, as the driver has it, else MongoDB's. */
function readRegExp(pattern, options) {
  try {
    if (regExpTest(/^[ims]*$/, options)) {
      const read = new RegExpClass(pattern, options)
      if (regExpSource(read) === pattern) return read
    }
  } catch {
    // A pattern that JavaScript doesn't know.
  }
  return new BSONRegExp(pattern, options)
}
