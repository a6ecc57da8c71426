import { expect, test } from 'vitest'
import { duplicateKey } from './duplicateKey.ts'

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"a":{"b":1,"c":[{"d":1,"d":1}]}}', 'd'],
  ['[{"a":1},{"a":1,"":2,"":3}]', ''],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"a\\\\":1,"a\\\\":2}', 'a\\'],
])('%s holds a key twice', (text, key) => expect(duplicateKey(text)).toBe(key))

test.each([
  '{}',
  '[]',
  '1',
  '"a"',
  '{"a":"a","b":"a"}',
  '{"a":{"a":1},"b":{"a":1}}',
  '{"a":["a","a"]}',
  '[{"a":1},{"a":1}]',
  '{"a":"\\"a\\":1,\\"a\\":2"}',
  '{"a":',
  '{"a":1,"a',
  '}}}]',
])('%s does not', (text) => expect(duplicateKey(text)).toBeNull())

test('a text of a megabyte is read in one go', () => {
  const began = performance.now()
  expect(duplicateKey(`{"a":"${'\\'.repeat(500_000)}"}`)).toBeNull()
  expect(duplicateKey('['.repeat(500_000))).toBeNull()
  expect(duplicateKey(`{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":1`).join(',')}}`)).toBeNull()
  expect(performance.now() - began).toBeLessThan(2000)
})
