import { describe, expect, it } from 'vitest'
import { arrayElement, BinaryArray } from './binaryArray.ts'

/** The elements of a one-dimensional array in PostgreSQL's binary format: five words of header, then length and bytes each. */
function elements(encoded: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 20; at < encoded.length;) {
    const length = encoded.readInt32BE(at)
    found.push(encoded.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return found
}

describe('An array parameter', () => {
  it('keeps every element when it outgrows the space it began with, whatever the type', () => {
    const texts = new BinaryArray(arrayElement.text, 1)
    const flags = new BinaryArray(arrayElement.boolean, 1)
    const numbers = new BinaryArray(arrayElement.bigint, 1)
    const contents = new BinaryArray(arrayElement.bytea, 1)
    for (let n = 0; n < 100; n++) {
      texts.text(`text ${n}`)
      flags.boolean(n % 3 === 0)
      numbers.bigint(n * 2 ** 40)
      contents.bytes(Buffer.alloc(n, n))
    }
    const all = Array.from({ length: 100 }, (_, n) => n)
    expect(elements(texts.finish()).map(String)).toEqual(all.map((n) => `text ${n}`))
    expect(elements(flags.finish()).map((bytes) => bytes[0])).toEqual(all.map((n) => (n % 3 === 0 ? 1 : 0)))
    expect(elements(numbers.finish()).map((bytes) => Number(bytes.readBigInt64BE()))).toEqual(
      all.map((n) => n * 2 ** 40),
    )
    expect(elements(contents.finish())).toEqual(all.map((n) => Buffer.alloc(n, n)))
  })

  it('says its type, its length and its lower bound; empty, it has no dimension', () => {
    const one = new BinaryArray(arrayElement.bigint)
    one.bigint(7)
    const header = one.finish()
    expect([0, 4, 8, 12, 16].map((at) => header.readInt32BE(at))).toEqual([1, 0, arrayElement.bigint, 1, 1])
    expect(new BinaryArray(arrayElement.uuid).finish()).toEqual(
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 134]),
    )
  })
})
