import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, survivesRewriting } from './canonicalJson.ts'

const canonical = (text: string) => canonicalJson(Buffer.from(text))
const survives = (text: string) => survivesRewriting(Buffer.from(text))

it('takes JSON that differs in spaces, escapes and the form of numbers for the same', () => {
  for (const [one, other] of [
    ['{"a": [1, 2]}', '{"a":[1,2]}'],
    ['{"a":"\\u00e9"}', '{"a":"é"}'],
    ['[100,1e2,1.0e2,100.00]', '[1e2,100,100,100]'],
    ['[0.001,-0.0,0]', '[1e-3,0,0]'],
    ['" spaces, {kept} "', '" spaces, {kept} "'],
  ] as const)
    expect(canonical(one)).toBe(canonical(other))
})

it('tells numbers apart that a double does not', () => {
  expect(canonical('9007199254740993')).not.toBe(canonical('9007199254740992'))
  expect(canonical('0.1')).not.toBe(canonical('0.10000000000000000001'))
})

it('says which JSON is still the same after it was parsed and written', () => {
  for (const text of ['{"a": 1.50}', '[1e2]', 'null', '"\\u2028"', '[-0]']) expect(survives(text)).toBe(true)
  for (const text of [
    '[9007199254740993]',
    '{"a":1,"a":2}',
    '{"$tb":9223372036854775807}',
    '[1e999]',
    '{',
    '',
  ])
    expect(survives(text)).toBe(false)
})

it('takes bytes that are no UTF-8, which would become other characters, for no JSON', () => {
  const holding = (...bytes: number[]) =>
    Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
  for (const content of [
    holding(0xff),
    holding(0xc3),
    holding(0xc0, 0x80),
    holding(0xed, 0xa0, 0x80),
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')]),
  ]) {
    expect(canonicalJson(content)).toBeUndefined()
    expect(survivesRewriting(content)).toBe(false)
  }
  expect(survivesRewriting(holding(0xef, 0xbf, 0xbd))).toBe(true)
})

it.each([
  ['long', 'x'.repeat(9_000_000)],
  ['full of escapes', '\\"'.repeat(3_000_000)],
  ['that ends with backslashes', 'x\\'.repeat(5)],
  ['that is empty', ''],
])('a text %s is read', (_what, text) => {
  expect(survives(JSON.stringify({ text, after: [1.5, 'y'] }, null, 1))).toBe(true)
  expect(canonical(JSON.stringify({ text }, null, 1)) === JSON.stringify({ text })).toBe(true)
})

it('every value survives in the spelling that JavaScript gives it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(survives(JSON.stringify(value))).toBe(true)
      expect(canonical(JSON.stringify(value, null, 2))).toBe(canonical(JSON.stringify(value)))
    }),
  )
})
