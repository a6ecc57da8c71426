import { Decimal128, Double, Int32, Long } from 'mongodb'
import { decimalOf, exactDouble } from '../exactNumber.ts'
import { ShellError, type Argument, type Placed } from './shellError.ts'

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** The double that a number's text stands for, which is refused when the double is another number. @throws ShellError */
export function literalNumber(raw: string, place: Placed): number {
  const text = raw.replaceAll('_', '')
  if (/^0\d/.test(text)) {
    throw new ShellError(
      `${raw} could be octal or decimal: write it without the zero, or with 0o before it.`,
      place,
    )
  }
  const prefixed = /^0[xob]/i.test(text)
  const value = Number(text)
  const exact = prefixed ? BigInt(value) === BigInt(text) : exactDouble(text) !== null
  if (!exact) throw inexact(raw, prefixed ? BigInt(text).toString() : text, place)
  return value
}

/** The 64-bit integer of a BigInt. @throws ShellError when it has more bits */
export function longOf(value: bigint, place: Placed): Long {
  if (value < int64.min || value > int64.max) {
    throw new ShellError(
      `${value} takes more than the 64 bits of a long: write NumberDecimal("${value}").`,
      place,
    )
  }
  return Long.fromBigInt(value)
}

/** `NumberLong(x)`: a whole number of 64 bits, as text, as a number or as two halves. */
export function makeLong([first, high]: Argument[], name: string): Long {
  if (first === undefined) return Long.ZERO
  if (high !== undefined) return new Long(halfOf(first, name), halfOf(high, name))
  const { value, place } = first
  if (value instanceof Long) return value
  const digits = value instanceof Int32 ? String(value.value) : value
  if (typeof digits === 'number' && Number.isSafeInteger(digits)) return Long.fromNumber(digits)
  if (typeof digits === 'string' && /^[+-]?\d+$/.test(digits)) return longOf(BigInt(digits), place)
  throw new ShellError(`${name} takes a whole number as text, such as ${name}("9007199254740993").`, place)
}

function halfOf({ value, place }: Argument, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32)
    return value
  throw new ShellError(
    `${name} with two arguments takes the low and the high 32 bits. A number is written as text: ${name}("5").`,
    place,
  )
}

/** `NumberInt(x)`: a whole number of 32 bits. */
export function makeInt32([first]: Argument[], name: string): Int32 {
  if (first === undefined) return new Int32(0)
  const { value, place } = first
  const number = value instanceof Int32 ? value.value : value instanceof Long ? value.toNumber() : value
  const whole = typeof number === 'string' && /^[+-]?\d+$/.test(number) ? Number(number) : number
  if (typeof whole === 'number' && Number.isInteger(whole) && whole >= -(2 ** 31) && whole < 2 ** 31)
    return new Int32(whole)
  throw new ShellError(
    `${name} takes a whole number from -2147483648 to 2147483647; longer ones are NumberLong("...").`,
    place,
  )
}

/** `Double(x)`. */
export function makeDouble([first]: Argument[]): Double {
  if (first === undefined) return new Double(0)
  const { value, place } = first
  if (typeof value === 'number') return new Double(value)
  if (value instanceof Int32 || value instanceof Double) return new Double(value.valueOf())
  if (typeof value === 'string') {
    if (/^[+-]?(NaN|Infinity)$/.test(value)) return new Double(Number(value))
    const number = exactDouble(value)
    if (number !== null) return new Double(number)
    if (decimalOf(value)) throw inexact(value, value, place)
  }
  throw new ShellError('Double takes a number.', place)
}

/** `NumberDecimal(x)`: up to 34 digits, none of them rounded. */
export function makeDecimal([first]: Argument[], name: string): Decimal128 {
  if (first === undefined) return Decimal128.fromString('0')
  const { value, place } = first
  if (value instanceof Decimal128) return value
  if (
    typeof value !== 'string' &&
    typeof value !== 'number' &&
    !(value instanceof Long || value instanceof Int32)
  )
    throw new ShellError(`${name} takes a number as text, such as ${name}("1.10").`, place)
  const text = Object.is(value, -0) ? '-0' : String(value)
  return Decimal128.fromString(text)
}

function inexact(raw: string, text: string, place: Placed): ShellError {
  const whole = /^[+-]?\d+$/.test(text)
  const fits = whole && BigInt(text) >= int64.min && BigInt(text) <= int64.max
  return new ShellError(
    `${raw.slice(0, 60)} is not exactly a number of JavaScript, and would become another one: write ${fits ? 'NumberLong' : 'NumberDecimal'}("${text.slice(0, 60)}").`,
    place,
  )
}
