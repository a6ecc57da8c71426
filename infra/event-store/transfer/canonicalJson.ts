const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],:]|true|false|null/gs
const numberParts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** JSON in one spelling, without spaces, in which numbers keep every digit; undefined for what is no JSON. */
export function canonicalJson(content: Buffer): string | undefined {
  const text = content.toString('utf8')
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  return (text.match(token) ?? []).map(canonicalToken).join('')
}

/** True when parsing and writing the JSON again gives the same values: no digit lost, no key twice. */
export function survivesRewriting(content: Buffer): boolean {
  const canonical = canonicalJson(content)
  return (
    canonical !== undefined &&
    canonicalJson(Buffer.from(JSON.stringify(JSON.parse(content.toString('utf8'))))) === canonical
  )
}

function canonicalToken(text: string): string {
  if (text.startsWith('"')) return JSON.stringify(JSON.parse(text))
  const parts = numberParts.exec(text)
  return parts ? canonicalNumber(parts) : text
}

/** Digits without zeros at either end, and the power of ten that they stand for. */
function canonicalNumber([, sign = '', whole = '', fraction = '', exponent = '0']: RegExpExecArray): string {
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.slice(0, [...digits].findLastIndex((digit) => digit !== '0') + 1)
  if (significant === '') return '0'
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  return `${sign}${significant}e${power}`
}
