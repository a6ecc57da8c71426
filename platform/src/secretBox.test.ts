import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  instancePasswordOf,
  open as openFor,
  parseKeyRing,
  seal as sealFor,
  type KeyRing,
} from './secretBox.ts'

const key = () => randomBytes(32).toString('base64')
const [k1, k2] = [key(), key()]
const ring = parseKeyRing(`k1:${k1}`)
const purpose = (owner: string) => ({ owner, ownerBefore: `${owner} of before` })
const seal = (keys: KeyRing, owner: string, text: string) => sealFor(keys, purpose(owner), text)
const open = (keys: KeyRing, owner: string, sealed: string) => openFor(keys, purpose(owner), sealed)

// Not fc.string({ unit: 'binary' }): that makes a list of all characters first, which takes seconds on a busy machine.
const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff))
  .map((codes) => String.fromCodePoint(...codes))

describe('a sealed secret', () => {
  it('opens again for its owner, whatever it is', () =>
    fc.assert(fc.property(anyText, (text) => open(ring, 'a', seal(ring, 'a', text)) === text)))

  it('differs each time, and has the documented form', () => {
    expect(seal(ring, 'a', 'x')).not.toBe(seal(ring, 'a', 'x'))
    const [version, keyId, iv = '', tag = ''] = seal(ring, 'a', 'x').split(':')
    expect([version, keyId]).toEqual(['v2', 'k1'])
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
    expect(() => open(ring, 'a', parts.join(':'))).toThrow('does not belong here')
  })

  it('opens with an older key as long as the ring holds it', () => {
    const sealed = seal(ring, 'a', 'x')
    expect(open(parseKeyRing(`k2:${k2},k1:${k1}`), 'a', sealed)).toBe('x')
    expect(() => open(parseKeyRing(`k2:${k2}`), 'a', sealed)).toThrow('The key "k1" is not configured.')
  })
})

describe('the password of an instance', () => {
  const instance = {
    id: '00000000-0000-4000-8000-0000000000a1',
    engine: 'postgresql' as const,
    endpoint: { kind: 'host' as const, host: 'db.example.org', port: 5432, tls: true },
    username: 'app',
  }
  const sealed = sealFor(ring, instancePasswordOf(instance), 'x')

  it.each([
    ['another host', { endpoint: { ...instance.endpoint, host: 'db.example.net' } }],
    ['another port', { endpoint: { ...instance.endpoint, port: 5433 } }],
    ['no TLS', { endpoint: { ...instance.endpoint, tls: false } }],
    ['another user name', { username: 'root' }],
    ['another engine', { engine: 'mongodb' as const }],
    ['another instance', { id: '00000000-0000-4000-8000-0000000000a2' }],
  ])('does not open for %s', (_name, change) =>
    expect(() => openFor(ring, instancePasswordOf({ ...instance, ...change }), sealed)).toThrow(
      'does not belong here',
    ),
  )

  it('opens for the same place written in another way', () =>
    expect(
      openFor(
        ring,
        instancePasswordOf({ ...instance, endpoint: { ...instance.endpoint, host: 'DB.example.org.' } }),
        sealed,
      ),
    ).toBe('x'))

  it('opens as an earlier version sealed it, and not as if that version had sealed it for this place', () => {
    const { ownerBefore } = instancePasswordOf(instance)
    const before = sealFor(ring, { owner: ownerBefore, ownerBefore }, 'old').replace(/^v2/, 'v1')
    expect(openFor(ring, instancePasswordOf(instance), before)).toBe('old')
    expect(() => openFor(ring, instancePasswordOf(instance), sealed.replace(/^v2/, 'v1'))).toThrow(
      'does not belong here',
    )
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
