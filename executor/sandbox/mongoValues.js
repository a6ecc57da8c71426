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
  getOwnPropertyDescriptor,
  isArray,
  isBytes,
  isDate,
  isRealMap,
  isRegExp,
  mapForEach,
  numberIsFinite,
  objectKeys,
  ownKeys,
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
import { Refusal, ensureWhole, fieldPath, readAt } from './refusal.js'
import { builtInKind, insteadOf } from './valueKinds.js'
import { TooLarge, maxFrameLength, writeJson } from './writer.js'

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
export function toFrame(value, path) {
  try {
    return writeJson(prepared(value, 0, path), maxFrameLength, 220, specialValue)
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    throw new Refusal(path, 'take more than 4 MB as JSON: send them in parts.')
  }
}

function prepared(value, depth, path) {
  if (depth > 100)
    throw new Refusal(path, 'is nested deeper than the 100 levels that a document can have, or holds itself.')
  switch (typeof value) {
    case 'string':
      return ensureWhole(value, path)
    case 'number':
      return numberIsFinite(value) && !Object.is(value, -0) ? value : new Double(value)
    case 'bigint':
      return readAt(path, () => new Long(value))
    case 'undefined':
      return new Wrapped({ $undefined: true })
    case 'function':
    case 'symbol':
      throw new Refusal(path, `is a ${typeof value}, which no database can hold.`)
    case 'object':
      return value === null || value instanceof Typed
        ? value
        : readAt(path, () => ofObject(value, depth, path))
    default:
      return value
  }
}

function ofObject(value, depth, path) {
  if (isRegExp(value)) return new BSONRegExp(ensureWhole(regExpSource(value), path), flagsOf(value, path))
  if (isDate(value)) return dateValue(dateTime(value), path)
  if (isBytes(value)) return new Binary(bytesOf(value))
  if (isArray(value)) return itemsOf(value, depth, path)
  return isRealMap(value) ? fieldsOfMap(value, depth, path) : fieldsOf(value, depth, path)
}

function itemsOf(value, depth, path) {
  const items = []
  for (let at = 0; at < value.length; at++) {
    const itemPath = `${path}[${at}]`
    const item = readAt(itemPath, () => value[at])
    if (item === undefined && getOwnPropertyDescriptor(value, StringOf(at)) === undefined)
      throw new Refusal(itemPath, 'is a hole in an array: write null.')
    setOwn(items, at, prepared(item, depth + 1, itemPath))
  }
  return items
}

function fieldsOfMap(value, depth, path) {
  const fields = create(null)
  const names = []
  mapForEach(value, (item, name) => {
    if (typeof name !== 'string') throw new Refusal(path, 'is a Map with a name that is not a text.')
    setOwn(names, names.length, name)
    takeField(fields, name, () => item, depth, path)
  })
  ensureSameOrder(names, objectKeys(fields), path)
  return fields
}

function fieldsOf(value, depth, path) {
  const kind = builtInKind(value)
  if (kind !== null) throw new Refusal(path, `is no document: it ${insteadOf(kind)}`)
  if ('toBSON' in value && typeof value.toBSON === 'function')
    throw new Refusal(path, 'has a method toBSON, which is not asked here: write what it answers.')
  const fields = create(null)
  const names = ownKeys(value)
  for (let at = 0; at < names.length; at++) {
    const name = names[at]
    if (!getOwnPropertyDescriptor(value, name)?.enumerable) continue
    if (typeof name === 'symbol')
      throw new Refusal(path, 'has a field that is named by a symbol: a document has only texts as names.')
    takeField(fields, name, () => value[name], depth, path)
  }
  return fields
}

function takeField(fields, name, read, depth, path) {
  const namePath = fieldPath(path, name)
  if (name === '$ejson')
    throw new Refusal(path, 'has a name that means something else: a field can not be called $ejson.')
  ensureWhole(name, `The name of ${namePath}`)
  setOwn(fields, name, prepared(readAt(namePath, read), depth + 1, namePath))
}

// A Map keeps an order that objects do not: names that are whole numbers come first in those.
function ensureSameOrder(names, sent, path) {
  for (let at = 0; at < names.length; at++) {
    if (names[at] === sent[at]) continue
    throw new Refusal(
      path,
      `is a Map whose order would be lost, because "${sent[at]}" is a whole number: write a sort and the keys of an index as a list, such as [["b", 1], ["1", -1]], and other fields in the order of JavaScript.`,
    )
  }
}

function flagsOf(value, path) {
  const flags = regExpFlags(value)
  if (!regExpTest(/^[imsu]*$/, flags))
    throw new Refusal(path, `is a regular expression with the flags ${flags}: MongoDB has i, m, s, u and x.`)
  return flags
}

function dateValue(millis, path) {
  if (!numberIsFinite(millis)) throw new Refusal(path, 'is an invalid date.')
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
