import {
  Binary,
  BSON,
  BSONRegExp,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
  type Document,
} from 'mongodb'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseShell } from './shellParser.ts'
import { shellCall, shellText } from './shellText.ts'

const uint32 = fc.nat({ max: 2 ** 32 - 1 })
const bytes = fc.uint8Array({ maxLength: 20 })
const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const name = text.filter((field) => !field.includes('\0') && field !== '_bsontype' && !field.startsWith('$'))

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double(),
    fc.double().map((number) => new Double(number)),
    fc.integer().map((number) => new Int32(number)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((long) => Long.fromBigInt(long)),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((id) => new ObjectId(id)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => new UUID(id)),
    fc.tuple(bytes, fc.constantFrom(0, 1, 3, 5, 128)).map(([content, type]) => new Binary(content, type)),
    fc.tuple(uint32, uint32).map(([t, i]) => new Timestamp({ t, i })),
    fc
      .tuple(
        fc.bigInt({ min: -(10n ** 34n) + 1n, max: 10n ** 34n - 1n }),
        fc.integer({ min: -6000, max: 6000 }),
      )
      .map(([digits, exponent]) => Decimal128.fromString(`${digits}E${exponent}`)),
    fc
      .tuple(name, fc.constantFrom('', 'i', 'ims', 'x', 'u'))
      .map(([pattern, flags]) => new BSONRegExp(pattern, flags)),
    fc.constantFrom(new MinKey(), new MaxKey()),
    fc
      .tuple(name, text, fc.option(name, { nil: undefined }))
      .map(([coll, id, db]) => new DBRef(coll, id as never, db)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(name, tie('value')), { selector: ([field]) => field, maxLength: 4 })
      .map(documentOf),
  ),
}))

/** Integer-like names come first in every object of JavaScript; a field may be called __proto__. */
function documentOf(fields: [string, unknown][]): Document {
  const document: Document = {}
  for (const [field, value] of fields)
    Object.defineProperty(document, field, { value, enumerable: true, writable: true, configurable: true })
  return document
}

test('a value that is written as text of the shell and read again is the same BSON', () => {
  fc.assert(
    fc.property(values.value, (value) => {
      const parsed = parseShell(`db.c.insertOne({ v: ${shellText(value)} })`)
      if ('error' in parsed) throw new Error(`${shellText(value)}: ${parsed.error.message}`)
      const { values: packed } = parsed.statements[0]?.operation ?? {}
      expect(Buffer.from(packed ?? [])).toEqual(
        Buffer.from(BSON.serialize({ args: [{ v: value }], modifiers: [] })),
      )
    }),
    { numRuns: 2000 },
  )
})

test('a call is written as in the shell', () => {
  expect(shellCall('a.b', 'find', [{ n: new Int32(5) }, {}], [{ name: 'sort', args: [{ 'x y': -1 }] }])).toBe(
    'db.getCollection("a.b").find({ "n": 5 }, {}).sort({ "x y": -1 })',
  )
  expect(shellCall(null, 'command', [{ ping: new Double(1) }], [])).toBe('db.command({ "ping": Double(1) })')
})
