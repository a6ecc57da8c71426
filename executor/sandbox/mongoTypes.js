import {
  BigIntOf,
  DateClass,
  NumberOf,
  RangeErrorClass,
  StringOf,
  TypeErrorClass,
  base64ToBytes,
  bytesOf,
  bytesToBase64,
  bytesToHex,
  dateTime,
  defineProperty,
  hexToBytes,
  isBytes,
  numberIsInteger,
  numberIsSafeInteger,
  numberToString,
  objectKeys,
  randomUuid,
  regExpTest,
  stringReplaceAll,
  stringSlice,
} from './primordials.js'
import { ensureWhole } from './refusal.js'

// Values without a type of JavaScript's own are canonical Extended JSON: https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
const tag = Symbol('ejson')

export class Typed {
  constructor(ejson) {
    defineProperty(this, tag, { value: ejson })
  }
  toJSON() {
    return ejsonOf(this)
  }
}
export const ejsonOf = (value) => (value instanceof Typed ? value[tag] : undefined)

const whole = /^[+-]?\d+$/
const decimal = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|NaN|Inf(?:inity)?)$/i
const longs = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Refuses arguments that would be dropped. */
function atMost(name, count, values) {
  if (values.length > count)
    throw new TypeErrorClass(`${name} takes at most ${count} ${count === 1 ? 'argument' : 'arguments'}.`)
}

function bounded(name, value, from, to) {
  if (value instanceof Numeric) return bounded(name, value.toNumber(), from, to)
  if (typeof value === 'number' && numberIsInteger(value) && value >= from && value <= to) return value
  throw new RangeErrorClass(`${name} takes a whole number from ${from} to ${to} here.`)
}

export class ObjectId extends Typed {
  constructor(id, ...more) {
    atMost('ObjectId', 1, [id, ...more])
    super({ $oid: objectIdHex(id) })
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
  equals(other) {
    return StringOf(other) === this.toHexString()
  }
  getTimestamp() {
    return new DateClass(NumberOf('0x' + stringSlice(this.toHexString(), 0, 8)) * 1000)
  }
}

function objectIdHex(id) {
  if (id === undefined) return newObjectIdHex()
  if (id instanceof ObjectId) return id.toHexString()
  if (typeof id === 'number') return hexOf(bounded('ObjectId', id, 0, 4294967295), 8) + '0'.repeat(16)
  if (typeof id === 'string' && regExpTest(/^[\da-f]{24}$/i, id)) return id.toLowerCase()
  throw new TypeErrorClass('ObjectId takes 24 hexadecimal digits.')
}

const hexOf = (number, width) =>
  stringSlice('0'.repeat(width) + numberToString(Math.floor(number), 16), -width)
let idCounter = 0
function newObjectIdHex() {
  idCounter = (idCounter + 1) % 0x1000000
  const seconds = Math.floor(dateTime(new DateClass()) / 1000)
  return hexOf(seconds, 8) + hexOf(Math.random() * 0x10000000000, 10) + hexOf(idCounter, 6)
}

export class Numeric extends Typed {
  constructor(key, digits) {
    super({ [key]: digits })
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

export class Long extends Numeric {
  constructor(digits = 0, high, ...more) {
    atMost('Long', 2, [digits, high, ...more])
    super('$numberLong', high === undefined ? longDigits(digits) : halves(digits, high))
  }
  toBigInt() {
    return BigIntOf(this.toString())
  }
  valueOf() {
    return this.toBigInt()
  }
}

function longDigits(value) {
  if (value instanceof Numeric) return longDigits(value.toString())
  const exact = typeof value === 'number' ? numberIsSafeInteger(value) : true
  const digits = typeof value === 'string' || typeof value === 'bigint' || exact ? StringOf(value) : ''
  if (!regExpTest(whole, digits))
    throw new RangeErrorClass('A long takes a whole number as text, such as NumberLong("9007199254740993").')
  const long = BigIntOf(digits)
  if (long < longs.min || long > longs.max)
    throw new RangeErrorClass(`${digits} takes more than the 64 bits of a long.`)
  return StringOf(long)
}

function halves(low, high) {
  const part = (value) =>
    BigIntOf.asUintN(32, BigIntOf(bounded('Long(low, high)', value, -2147483648, 4294967295)))
  return StringOf(BigIntOf.asIntN(64, part(high) * 2n ** 32n + part(low)))
}

export class Decimal128 extends Numeric {
  constructor(digits = 0, ...more) {
    atMost('NumberDecimal', 1, [digits, ...more])
    const text = StringOf(digits)
    if (!regExpTest(decimal, text))
      throw new TypeErrorClass('A decimal takes a number as text, such as NumberDecimal("1.10").')
    super('$numberDecimal', text)
  }
}

export class Int32 extends Numeric {
  constructor(value = 0, ...more) {
    atMost('NumberInt', 1, [value, ...more])
    const number = typeof value === 'string' && regExpTest(whole, value) ? NumberOf(value) : value
    super('$numberInt', StringOf(bounded('NumberInt', number, -2147483648, 2147483647)))
  }
  valueOf() {
    return this.toNumber()
  }
}

export class Double extends Numeric {
  constructor(value = 0, ...more) {
    atMost('Double', 1, [value, ...more])
    const number = typeof value === 'string' && !regExpTest(decimal, value) ? undefined : NumberOf(value)
    if (number === undefined) throw new TypeErrorClass('Double takes a number.')
    super('$numberDouble', Object.is(number, -0) ? '-0.0' : StringOf(number))
  }
  valueOf() {
    return this.toNumber()
  }
}

export class Binary extends Typed {
  constructor(bytes = new Uint8Array(0), subType = 0, ...more) {
    atMost('Binary', 2, [bytes, subType, ...more])
    if (!isBytes(bytes)) throw new TypeErrorClass('Binary takes a Uint8Array.')
    super(binaryEjson(bytesToBase64(bytesOf(bytes)), subType))
  }
  get subType() {
    return NumberOf('0x' + ejsonOf(this).$binary.subType)
  }
  get bytes() {
    return base64ToBytes(ejsonOf(this).$binary.base64)
  }
  toString() {
    if (this.subType !== 4) return ejsonOf(this).$binary.base64
    const hex = bytesToHex(this.bytes)
    const part = (from, to) => stringSlice(hex, from, to)
    return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`
  }
  toJSON() {
    return ejsonOf(this).$binary.base64
  }
}

const binaryEjson = (base64, subType) => ({
  $binary: { base64, subType: hexOf(bounded('The subtype of a Binary', subType, 0, 255), 2) },
})

export function binData(subType, base64, ...more) {
  atMost('BinData', 2, [subType, base64, ...more])
  if (typeof base64 !== 'string') throw new TypeErrorClass('BinData takes a subtype and base64.')
  let bytes
  try {
    bytes = base64ToBytes(base64)
  } catch {
    throw new TypeErrorClass('BinData takes base64.')
  }
  return new Binary(bytes, subType)
}

export function hexData(subType, hex, ...more) {
  atMost('HexData', 2, [subType, hex, ...more])
  if (typeof hex !== 'string' || !regExpTest(/^(?:[\da-f]{2})*$/i, hex))
    throw new TypeErrorClass('HexData takes pairs of hexadecimal digits.')
  return new Binary(hexToBytes(hex), subType)
}

export class UUID extends Binary {
  constructor(text = randomUuid(), ...more) {
    atMost('UUID', 1, [text, ...more])
    if (
      typeof text !== 'string' ||
      !regExpTest(/^[\da-f]{32}$|^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i, text)
    )
      throw new TypeErrorClass('UUID takes 32 hexadecimal digits.')
    super(hexToBytes(stringReplaceAll(text, '-', '')), 4)
  }
}

export class Timestamp extends Typed {
  constructor(t = 0, i = 0, ...more) {
    atMost('Timestamp', 2, [t, i, ...more])
    const pair = typeof t === 'object' && t !== null && 't' in t && 'i' in t ? t : { t, i }
    super({
      $timestamp: {
        t: bounded('Timestamp', pair.t, 0, 4294967295),
        i: bounded('Timestamp', pair.i, 0, 4294967295),
      },
    })
  }
  get t() {
    return ejsonOf(this).$timestamp.t
  }
  get i() {
    return ejsonOf(this).$timestamp.i
  }
}

export class MinKey extends Typed {
  constructor(...more) {
    atMost('MinKey', 0, more)
    super({ $minKey: 1 })
  }
}

export class MaxKey extends Typed {
  constructor(...more) {
    atMost('MaxKey', 0, more)
    super({ $maxKey: 1 })
  }
}

export class BSONRegExp extends Typed {
  constructor(pattern, options = '', ...more) {
    atMost('BSONRegExp', 2, [pattern, options, ...more])
    if (typeof pattern !== 'string' || typeof options !== 'string' || !regExpTest(/^[imsxu]*$/, options))
      throw new TypeErrorClass('BSONRegExp takes a pattern and flags of i, m, s, u and x.')
    ensureWhole(pattern, 'The pattern of BSONRegExp')
    super({ $regularExpression: { pattern, options } })
  }
  get pattern() {
    return ejsonOf(this).$regularExpression.pattern
  }
  get options() {
    return ejsonOf(this).$regularExpression.options
  }
}
