import {
  DateClass,
  ErrorClass,
  NumberOf,
  RegExpClass,
  StringOf,
  bytesOf,
  bytesToBase64,
  bytesToHex,
  base64ToBytes,
  dateTime,
  defineProperty,
  hexToBytes,
  isArray,
  isBytes,
  isDate,
  isRegExp,
  numberIsInteger,
  objectKeys,
  regExpFlags,
  regExpSource,
  stringSlice,
  stringifyString,
} from './primordials.js'
import { maxFrameLength, writeJson } from './writer.js'

// Values without a type of JavaScript's own travel as canonical Extended JSON: https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
const tag = Symbol('ejson')

class Typed {
  constructor(ejson) {
    defineProperty(this, tag, { value: ejson })
  }
  toJSON() {
    return ejsonOf(this)
  }
}
const ejsonOf = (value) => (value instanceof Typed ? value[tag] : undefined)

class ObjectId extends Typed {
  constructor(hex = newObjectIdHex()) {
    super({ $oid: StringOf(hex) })
  }
  toHexString() {
    return ejsonOf(this).$oid
  }
  toString() {
    return ejsonOf(this).$oid
  }
  toJSON() {
    return ejsonOf(this).$oid
  }
}

class Numeric extends Typed {
  constructor(key, digits) {
    super({ [key]: StringOf(digits) })
  }
  toString() {
    const ejson = ejsonOf(this)
    return ejson[objectKeys(ejson)[0]]
  }
  toJSON() {
    return this.toString()
  }
  toNumber() {
    return NumberOf(this.toString())
  }
}
class Long extends Numeric {
  constructor(digits = 0) {
    super('$numberLong', digits)
  }
  toBigInt() {
    return BigInt(this.toString())
  }
}
class Decimal128 extends Numeric {
  constructor(digits = 0) {
    super('$numberDecimal', digits)
  }
}
class Int32 extends Numeric {
  constructor(value = 0) {
    super('$numberInt', value)
  }
}
class Double extends Numeric {
  constructor(value = 0) {
    super('$numberDouble', value)
  }
}
class Binary extends Typed {
  constructor(subType, base64) {
    super({ $binary: { base64, subType: stringSlice('0' + NumberOf(subType).toString(16), -2) } })
  }
  get subType() {
    return NumberOf('0x' + ejsonOf(this).$binary.subType)
  }
  get bytes() {
    return base64ToBytes(ejsonOf(this).$binary.base64)
  }
  toJSON() {
    return ejsonOf(this).$binary.base64
  }
}
class Timestamp extends Typed {
  constructor(t = 0, i = 0) {
    super({ $timestamp: { t: NumberOf(t), i: NumberOf(i) } })
  }
  get t() {
    return ejsonOf(this).$timestamp.t
  }
  get i() {
    return ejsonOf(this).$timestamp.i
  }
}
class MinKey extends Typed {
  constructor() {
    super({ $minKey: 1 })
  }
}
class MaxKey extends Typed {
  constructor() {
    super({ $maxKey: 1 })
  }
}

class UUID extends Binary {
  constructor(text = crypto.randomUUID()) {
    super(4, bytesToBase64(hexToBytes(StringOf(text).replaceAll('-', ''))))
  }
  toString() {
    const hex = bytesToHex(this.bytes)
    const part = (from, to) => stringSlice(hex, from, to)
    return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`
  }
}

let idCounter = 0
function newObjectIdHex() {
  const hex = (number, width) => stringSlice('0'.repeat(width) + Math.floor(number).toString(16), -width)
  idCounter = (idCounter + 1) % 0x1000000
  return hex(dateTime(new DateClass()) / 1000, 8) + hex(Math.random() * 0x10000000000, 10) + hex(idCounter, 6)
}

// mongosh writes these without `new`.
const callable = (Class) => new Proxy(Class, { apply: (_target, _self, values) => new Class(...values) })

/** The names that a MongoDB script finds beside `db`. */
export function mongoConstructors() {
  return {
    ObjectId: callable(ObjectId),
    Long: callable(Long),
    NumberLong: callable(Long),
    Decimal128: callable(Decimal128),
    NumberDecimal: callable(Decimal128),
    Int32: callable(Int32),
    NumberInt: callable(Int32),
    Double: callable(Double),
    Binary: callable(Binary),
    BinData: (subType, base64) => new Binary(subType, base64),
    UUID: callable(UUID),
    Timestamp: callable(Timestamp),
    MinKey: callable(MinKey),
    MaxKey: callable(MaxKey),
    ISODate: (text) => (text === undefined ? new DateClass() : new DateClass(text)),
  }
}

function special(value) {
  const ejson = ejsonOf(value)
  if (ejson !== undefined) return plain(ejson)
  if (isRegExp(value)) {
    return `{"$regularExpression":{"pattern":${stringifyString(regExpSource(value))},"options":${stringifyString(regExpFlags(value))}}}`
  }
  return null
}
const plain = (value) => writeJson(value, maxFrameLength, 10, null)

/** Canonical Extended JSON of a value. */
export function toEjson(value) {
  return writeJson(typedDeep(value, 0), maxFrameLength, 110, special)
}

function typedDeep(value, depth) {
  if (depth > 100) throw new ErrorClass('Documents are nested at most 100 levels.')
  switch (typeof value) {
    case 'number':
      return numberIsInteger(value) && Math.abs(value) < 2147483648 && !Object.is(value, -0)
        ? new Int32(value)
        : new Double(value)
    case 'bigint':
      return new Long(value)
    case 'object':
      break
    default:
      return value
  }
  if (value === null || value instanceof Typed || isRegExp(value)) return value
  if (isDate(value)) return new DateValue(dateTime(value))
  if (isBytes(value)) return new Binary(0, bytesToBase64(bytesOf(value)))
  if (isArray(value)) {
    const items = []
    for (let at = 0; at < value.length; at++)
      items[at] = value[at] === undefined ? null : typedDeep(value[at], depth + 1)
    return items
  }
  const fields = {}
  for (const name of objectKeys(value)) {
    if (value[name] === undefined || typeof value[name] === 'function') continue
    defineProperty(fields, name, {
      value: typedDeep(value[name], depth + 1),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return fields
}

class DateValue extends Typed {
  constructor(millis) {
    super({ $date: { $numberLong: StringOf(millis) } })
  }
}

/** Values of an answer: numbers of 32 bits and doubles become numbers, dates Date, everything without a type of its own a class as above. */
export function fromEjson(value) {
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) {
    for (let at = 0; at < value.length; at++) value[at] = fromEjson(value[at])
    return value
  }
  const keys = objectKeys(value)
  if (keys.length === 1 && keys[0][0] === '$') {
    const known = fromTyped(keys[0], value[keys[0]])
    if (known !== undefined) return known
  }
  for (const key of keys) {
    defineProperty(value, key, {
      value: fromEjson(value[key]),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return value
}

function fromTyped(key, content) {
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
      return new Binary(NumberOf('0x' + content.subType), content.base64)
    case '$timestamp':
      return new Timestamp(content.t, content.i)
    case '$regularExpression':
      return new RegExpClass(content.pattern, content.options.replace(/[^imsu]/g, ''))
    case '$minKey':
      return new MinKey()
    case '$maxKey':
      return new MaxKey()
    case '$undefined':
      return null
    default:
      return undefined
  }
}
