import { expect, test } from 'vitest'
import { fromScript, toScript } from './scriptValues.ts'

const deep = (open: string, inner: string, close: string, depth: number) =>
  open.repeat(depth) + inner + close.repeat(depth)
const oid = '{"$ejson":{"$oid":"0123456789abcdef01234567"}}'

test.each([
  ['lists', '[', '1', ']'],
  ['documents', '{"a":', '1', '}'],
  ['lists around a value with a type', '[', oid, ']'],
])(
  '%s of a script that nest without end are refused, and none of them ends the process',
  (_what, ...parts) => {
    for (const depth of [300, 5_000, 100_000])
      expect(() => fromScript(deep(...parts, depth))).toThrow('A value is nested deeper than 250 levels.')
    expect(() => fromScript(deep(...parts, 220))).not.toThrow()
  },
)

test('a value with a type that holds others without end is refused too', () => {
  const scope = (depth: number) => `{"$ejson":{"$code":{"a":${deep('{"a":', '1', '}', depth)}}}}`
  for (const depth of [300, 5_000, 100_000])
    expect(() => fromScript(scope(depth))).toThrow('A value is nested deeper than 250 levels.')
})

test('a document of a database that nests deeper than any may is told as that', () => {
  const nested = (depth: number) => {
    let value: unknown = 1
    for (let level = 0; level < depth; level++) value = { a: [value] }
    return value
  }
  expect(fromScript(toScript(nested(100)))).toEqual(nested(100))
  for (const depth of [300, 5_000, 100_000])
    expect(() => toScript(nested(depth))).toThrow('A value is nested deeper than 250 levels.')
})
