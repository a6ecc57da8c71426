const numberParts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const blank = new Set(' \t\n\r')
const single = new Set([...'{}[],:', ...blank])
/** A byte order mark is kept, and is no JSON; bytes that are no UTF-8 would become other characters. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** JSON in one spelling, without spaces, in which numbers keep every digit; undefined for what is no JSON of UTF-8. */
export function canonicalJson(content: Buffer): string | undefined {
  try {
    const text = strict.decode(content)
    JSON.parse(text)
    return [...tokensOf(text)].map(canonicalToken).join('')
  } catch {
    return undefined
  }
}

/** True when parsing and writing the JSON again gives the same values: no digit lost, no key twice. */
export function survivesRewriting(content: Buffer): boolean {
  const canonical = canonicalJson(content)
  return (
    canonical !== undefined &&
    canonicalJson(Buffer.from(JSON.stringify(JSON.parse(content.toString('utf8'))))) === canonical
  )
}

/** The tokens of valid JSON; by hand, because an expression gives up at texts of 8 million characters. */
function* tokensOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const first = text.charAt(from)
    const to = first === '"' ? endOfText(text, from) : single.has(first) ? from + 1 : endOfWord(text, from)
    if (!blank.has(first)) yield text.slice(from, to)
    from = to
  }
}

function endOfText(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); ; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
}

function endOfWord(text: string, from: number): number {
  let to = from + 1
  while (to < text.length && !single.has(text.charAt(to))) to++
  return to
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
