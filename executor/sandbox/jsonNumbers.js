import {
  NumberOf,
  StringOf,
  freeze,
  parseJson,
  stringIndexOf,
  stringReplaceAll,
  stringSlice,
} from './primordials.js'

/** A number of a json value that JavaScript's own numbers can't hold: its digits as the database wrote them. */
export class JsonNumber {
  #text
  constructor(text) {
    this.#text = text
    freeze(this)
  }
  toString() {
    return this.#text
  }
  toJSON() {
    return this.#text
  }
  /** The nearest number of JavaScript's, for those who reckon with it all the same. */
  valueOf() {
    return NumberOf(this.#text)
  }
}

/** JSON.parse, but a number that would lose digits stays itself. */
export const parseJsonExactly = (text) =>
  parseJson(text, (_key, value, { source }) =>
    typeof value === 'number' && !isExact(value, source) ? new JsonNumber(source) : value,
  )

function isExact(value, source) {
  const written = StringOf(value)
  if (written === source) return true
  const mine = scientific(written)
  const theirs = scientific(source)
  return mine.digits === theirs.digits && (mine.exponent === theirs.exponent || mine.digits === '')
}

/** The digits without zeros at either end, and the power of ten of the last of them. */
function scientific(number) {
  const lower = stringReplaceAll(number, 'E', 'e')
  const mark = stringIndexOf(lower, 'e')
  const mantissa = stringReplaceAll(mark < 0 ? lower : stringSlice(lower, 0, mark), '-', '')
  const point = stringIndexOf(mantissa, '.')
  const all = point < 0 ? mantissa : stringSlice(mantissa, 0, point) + stringSlice(mantissa, point + 1)
  let exponent =
    (mark < 0 ? 0 : NumberOf(stringSlice(lower, mark + 1))) - (point < 0 ? 0 : all.length - point)
  let from = 0
  let to = all.length
  while (from < to && all[from] === '0') from += 1
  while (to > from && all[to - 1] === '0') {
    to -= 1
    exponent += 1
  }
  return { digits: stringSlice(all, from, to), exponent }
}
