import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtoReader } from './protoReader.ts'

/** One field of text, and one behind it. */
function twoTexts(first: Buffer, second: Buffer): Buffer {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes])
  return Buffer.concat([field(first), field(second)])
}

const text = () => fc.string({ unit: 'grapheme', maxLength: 12 })

describe('A text that may be known', () => {
  it('is the same as one that is read anew, whatever is known, and leaves the reader behind it', () => {
    const known = fc.oneof(text(), fc.constantFrom('type', 'content-type', ''))
    fc.assert(
      fc.property(known, known, known, text(), (sent, one, other, next) => {
        const reader = new ProtoReader(twoTexts(Buffer.from(sent), Buffer.from(next)))
        reader.nextField()
        expect(reader.textAmong(one, other)).toBe(sent)
        reader.nextField()
        expect(reader.text()).toBe(next)
      }),
    )
  })

  it('is not taken for another whose characters have the same numbers as its bytes', () => {
    const reader = new ProtoReader(twoTexts(Buffer.from([0xc3, 0xa9]), Buffer.from('x')))
    reader.nextField()
    expect(reader.textAmong('\u00c3\u00a9', '')).toBe('\u00e9')
  })

  it('is refused when it is longer than its message', () => {
    const reader = new ProtoReader(Buffer.from([0x0a, 4, 0x74, 0x79]))
    reader.nextField()
    expect(() => reader.textAmong('type', '')).toThrow('A length exceeds its message')
  })
})
