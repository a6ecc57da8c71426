import { DomainError } from '@sre-portal/domain'

/** Deepest nesting of a JSON body; ours have two levels. */
const maxDepth = 32
/** Most values in a JSON body; the largest of ours, an instance with its databases, has about 120. */
const maxValues = 1_000

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

/**
 * Refuses a JSON body that would keep the service busy: reads its bytes once, up to the first that is too much, before anything is made
 * of them. What is no JSON is left to the parser. @throws DomainError `invalid` with the place and the limit
 */
export function ensureBounded(body: Buffer): void {
  let depth = 0
  let values = 1
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0
    if (byte === quote) {
      at = endOfString(body, at)
      if (at < 0) return
    } else if (opening.has(byte)) {
      depth += 1
      values += 1
      if (depth > maxDepth) throw tooMuch(at, `nested deeper than ${maxDepth} levels`)
    } else if (closing.has(byte)) depth -= 1
    else if (byte === comma) values += 1
    if (values > maxValues) throw tooMuch(at, `made of more than ${maxValues} values`)
  }
}

/** Where the string ends that begins here, or -1. */
function endOfString(body: Buffer, start: number): number {
  for (let end = body.indexOf(quote, start + 1); end >= 0; end = body.indexOf(quote, end + 1)) {
    let slashes = 0
    while (body[end - 1 - slashes] === backslash) slashes += 1
    if (slashes % 2 === 0) return end
  }
  return -1
}

const tooMuch = (at: number, what: string) =>
  new DomainError('invalid', `At byte ${at + 1} the body is ${what}, which is the most; nothing was changed.`)
