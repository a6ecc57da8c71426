import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { open, parseKeyRing, seal } from './secretBox.ts'

const key = () => randomBytes(32).toString('base64')
const [k1, k2] = [key(), key()]
const ring = parseKeyRing(`k1:${k1}`)

describe('a sealed secret', () => {
  it('opens again for its owner, whatever it is', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => open(ring, 'a', seal(ring, 'a', text)) === text),
    ))

  it('differs each time, and has the documented form', () => {
    expect(seal(ring, 'a', 'x')).not.toBe(seal(ring, 'a', 'x'))
    const [version, keyId, iv = '', tag = ''] = seal(ring, 'a', 'x').split(':')
    expect([version, keyId]).toEqual(['v1', 'k1'])
    expect([Buffer.from(iv, 'base64').length, Buffer.from(tag, 'base64').length]).toEqual([12, 16])
  })

  it('does not open for another owner', () =>
    expect(() => open(ring, 'b', seal(ring, 'a', 'x'))).toThrow('does not belong here'))

  it('does not open when any bit was changed', () => {
    const parts = seal(ring, 'a', 'secret').split(':')
    for (const part of [2, 3, 4]) {
      const bytes = Buffer.from(parts[part] ?? '', 'base64')
      bytes[0] = (bytes[0] ?? 0) ^ 1
      const changed = parts.map((text, index) => (index === part ? bytes.toString('base64') : text)).join(':')
      expect(() => open(ring, 'a', changed)).toThrow('does not belong here')
    }
  })

  it('does not open with a shortened tag', () => {
    const parts = seal(ring, 'a', 'secret').split(':')
    parts[3] = Buffer.from(parts[3] ?? '', 'base64')
      .subarray(0, 4)
      .toString('base64')
    expect(() => open(ring, 'a', parts.join(':'))).toThrow('damaged')
  })

  it('opens with an older key as long as the ring holds it', () => {
    const sealed = seal(ring, 'a', 'x')
    expect(open(parseKeyRing(`k2:${k2},k1:${k1}`), 'a', sealed)).toBe('x')
    expect(() => open(parseKeyRing(`k2:${k2}`), 'a', sealed)).toThrow('The key "k1" is not configured.')
  })
})

describe('a key ring', () => {
  it.each([
    ['', /needs an id/],
    ['k1:short', /must be 32 bytes/],
    [`k1:${randomBytes(32).toString('hex')}`, /must be 32 bytes/],
    [`K 1:${k1}`, /needs an id/],
    [`k1:${k1},k1:${k2}`, /twice/],
  ])('is refused as %j', (text, message) => expect(() => parseKeyRing(text)).toThrow(message))

  it('is refused without repeating a key', () =>
    expect(() => parseKeyRing('k1:hunter2')).not.toThrow(/hunter2/))
})
