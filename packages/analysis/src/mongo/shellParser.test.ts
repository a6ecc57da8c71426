import {
  Binary,
  BSON,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb'
import { describe, expect, test } from 'vitest'
import { unpackOperation } from './packedOperation.ts'
import { parseShell } from './shellParser.ts'

function only(content: string) {
  const parsed = parseShell(content)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const [statement, ...more] = parsed.statements
  if (!statement || more.length > 0) throw new Error('There is not one statement.')
  return { ...statement, operation: unpackOperation(statement.operation) }
}

function refused(content: string) {
  const parsed = parseShell(content)
  return 'error' in parsed ? parsed.error : null
}

test('a query is taken apart into collection, method, arguments and what shapes its cursor', () => {
  expect(only(`db.orders.find({ status: "open" }).sort({ at: -1 }).limit(50)`)).toEqual({
    text: `db.orders.find({ status: "open" }).sort({ at: -1 }).limit(50)`,
    offset: 0,
    operation: {
      collection: 'orders',
      method: 'find',
      args: [{ status: 'open' }],
      modifiers: [
        { name: 'sort', args: [{ at: new Int32(-1) }] },
        { name: 'limit', args: [new Int32(50)] },
      ],
      kind: 'read',
    },
  })
})

test.each([
  ['db.orders.archive.findOne()', 'orders.archive'],
  ['db["odd-name"].findOne()', 'odd-name'],
  ["db.getCollection('a.b').findOne()", 'a.b'],
  ['db.collection("find").findOne()', 'find'],
])('%s is about the collection %s', (content, collection) => {
  expect(only(content).operation).toMatchObject({ collection, method: 'findOne' })
})

test('several statements keep their places, comments are left out', () => {
  const parsed = parseShell(`// first\ndb.a.find({});\n\n/* ü */ db.b.deleteMany({ n: { $lt: 3 } })\n`)
  expect(
    'statements' in parsed &&
      parsed.statements.map(({ text, offset, operation }) => [text, offset, operation.kind]),
  ).toEqual([
    ['db.a.find({})', 9, 'read'],
    ['db.b.deleteMany({ n: { $lt: 3 } })', 33, 'write'],
  ])
})

test('values are those of mongosh', () => {
  const id = '0123456789abcdef01234567'
  const value = only(`db.c.insertOne({
    a: ObjectId("${id}"), b: ISODate("2026-01-02T03:04:05Z"), c: NumberLong("9007199254740993"), d: NumberDecimal("1.10"),
    e: UUID("12345678-1234-4234-8234-123456789abc"), f: /^a.b$/i, g: BinData(0, "AP8="), h: MinKey, i: MaxKey(), j: Timestamp(1, 2),
    k: NumberInt(7), l: new Date(0), m: -1.5, n: [null, true], o: 24 * 60 * 60, p: \`text\`, "q.r": { __proto__: 1 }, s: 10n })`)
  const document = value.operation.args[0] as Record<string, unknown>
  expect(document).toMatchObject({
    a: new ObjectId(id),
    b: new Date('2026-01-02T03:04:05Z'),
    c: Long.fromString('9007199254740993'),
    d: Decimal128.fromString('1.10'),
    e: new UUID('12345678-1234-4234-8234-123456789abc'),
    g: Binary.createFromBase64('AP8=', 0),
    h: new MinKey(),
    i: new MaxKey(),
    j: new Timestamp({ t: 1, i: 2 }),
    k: new Int32(7),
    l: new Date(0),
    m: new Double(-1.5),
    o: new Int32(86400),
    p: 'text',
    s: Long.fromString('10'),
  })
  expect(BSON.EJSON.stringify(document['f'])).toBe('{"$regularExpression":{"pattern":"^a.b$","options":"i"}}')
  expect(Object.getPrototypeOf(document['q.r'])).toBe(Object.prototype)
  expect(Object.entries(document['q.r'] as object)).toEqual([['__proto__', new Int32(1)]])
})

describe('what is no data is refused with words and its place', () => {
  test.each([
    ['db.c.find({ a: process.env })', /value is expected/, 16],
    ['db.c.find({ a: require("fs") })', /require is not a value/, 16],
    ['db.c.find({ $where: "sleep(1)" })', /runs JavaScript on the server/, 11],
    ['db.c.aggregate([{ $group: { _id: 1, x: { $accumulator: {} } } }])', /\$accumulator is not allowed/, 40],
    [
      'db.c.find({ a: { $expr: { $function: { body: "x" } } } })',
      /is compared as a whole|\$function is not allowed|\$expr is not an operator/,
      16,
    ],
    ['db.c.find().forEach(d => db.c.drop())', /Functions are not allowed/, 21],
    ['db.c.find({ [x]: 1 })', /Only plain fields/, 13],
    ['db.c.find({ ...x })', /Only plain fields/, 13],
    ['db.c.mapReduce("a", "b")', /runs JavaScript on the server/, 1],
    ['db.runCommand({ mapReduce: "c" })', /mapReduce is not allowed/, 15],
    ['db.runCommand({ eval: "1" })', /eval is not allowed/, 15],
    ['db.getSiblingDB("admin").users.find()', /no other can be reached/, 1],
    ['use admin', /no other can be reached/, 1],
    ['for (;;) {}', /one operation a statement/, 1],
    ['constructor.constructor("return process")()', /begins with "db."/, 1],
    ['db.c.constructor("x")', /not a method/, 1],
    ['db.c.__proto__', /ends without a call/, 1],
    ['db.c.deleteMany()', /needs a filter/, 1],
    ['db.c.find({ a: yes })', /texts need quotes/, 16],
    ['db.c.find({ a: ObjectId("x") })', /ObjectId takes 24 hexadecimal digits/, 25],
    ['db.c.find({ a: ISODate("never") })', /not a date/, 24],
  ])('%s', (content, message, position) => {
    expect(refused(content)).toMatchObject({
      message: expect.stringMatching(message) as string,
      position,
      line: 1,
    })
  })
})

test.each([
  ['db.c.aggregate([{ $match: {} }])', 'read'],
  ['db.c.aggregate([{ $match: {} }, { $out: "d" }])', 'write'],
  ['db.c.aggregate([{ $merge: { into: "d" } }])', 'write'],
  ['db.runCommand({ count: "c" })', 'read'],
  ['db.runCommand({ delete: "c", deletes: [] })', 'write'],
  ['db.runCommand({ explain: { find: "c" } })', 'read'],
  ['db.runCommand({ explain: { delete: "c" } })', 'write'],
  ['db.runCommand({ validate: "c" })', 'write'],
  ['db.c.findOneAndUpdate({}, { $set: { a: 1 } })', 'write'],
])('%s is a %s', (content, kind) => {
  expect(only(content).operation.kind).toBe(kind)
})
