import { BSON } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { unpackOperation } from './packedOperation.ts'
import { parseShell } from './shellParser.ts'

/** The value that stands at `v` of an inserted document, as canonical Extended JSON. */
function valueOf(text: string): unknown {
  const parsed = parseShell(`db.c.insertOne({ v: ${text} })`)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const [statement] = parsed.statements
  if (!statement) throw new Error('There is no statement.')
  const [document] = unpackOperation(statement.operation).args
  return BSON.EJSON.serialize(document, { relaxed: false })['v']
}

const date = (iso: string) => ({ $date: { $numberLong: String(Date.parse(iso)) } })

/** The error of a value that begins at column 21, with its column within the value. */
function refusalOf(text: string) {
  const parsed = parseShell(`db.c.deleteMany({ v: ${text} })`)
  if (!('error' in parsed)) throw new Error(`${text} was read.`)
  return { message: parsed.error.message, at: (parsed.error.position ?? 0) - 21 }
}

describe('values are those that mongosh makes', () => {
  test.each([
    ['ISODate("2020-10-02")', '2020-10-02T00:00:00Z'],
    ['ISODate("20240115")', '2024-01-15T00:00:00Z'],
    ['ISODate("2024-01-15T10:00:00")', '2024-01-15T10:00:00Z'],
    ['ISODate("2024-01-15 10:00")', '2024-01-15T10:00:00Z'],
    ['ISODate("2024-01-15T10")', '2024-01-15T10:00:00Z'],
    ['ISODate("2020-10-02T10:29:50+02:00")', '2020-10-02T08:29:50Z'],
    ['ISODate("2020-10-02T10:29:50-02:00")', '2020-10-02T12:29:50Z'],
    ['ISODate("2020-10-02T10:29:50+02")', '2020-10-02T08:29:50Z'],
    ['ISODate("2020-10-02T10:29:50.124Z")', '2020-10-02T10:29:50.124Z'],
    ['ISODate("2020-10-02T10:29:50.1Z")', '2020-10-02T10:29:50.100Z'],
    ['ISODate("2020-10-02T10:29:50.124000Z")', '2020-10-02T10:29:50.124Z'],
    ['ISODate("20201002T102950Z")', '2020-10-02T10:29:50Z'],
    ['ISODate("20201002T102950+0200")', '2020-10-02T08:29:50Z'],
    ['ISODate("20201002 102950-0200")', '2020-10-02T12:29:50Z'],
    ['ISODate("20201002 102950.842")', '2020-10-02T10:29:50.842Z'],
    ['ISODate("0001-01-01")', '0001-01-01T00:00:00Z'],
    ['ISODate(1234)', '1970-01-01T00:00:01.234Z'],
    ['new ISODate(ISODate("2020-02-29"))', '2020-02-29T00:00:00Z'],
    ['new Date("2022-01-05")', '2022-01-05T00:00:00Z'],
    ['new Date("2022-01")', '2022-01-01T00:00:00Z'],
    ['new Date("2022")', '2022-01-01T00:00:00Z'],
    ['new Date("2022-01-05T03:04:05+01:00")', '2022-01-05T02:04:05Z'],
    ['new Date("2022-01-05T03:04Z")', '2022-01-05T03:04:00Z'],
    ['new Date(86400000)', '1970-01-02T00:00:00Z'],
    ['new Date(Date.UTC(2022, 0, 1))', '2022-01-01T00:00:00Z'],
    ['new Date(Date.UTC(2022, 11, 31, 23, 59, 59, 999))', '2022-12-31T23:59:59.999Z'],
    ['new Date(ISODate("2022-01-08").getTime() - 7 * 24 * 60 * 60 * 1000)', '2022-01-01T00:00:00Z'],
    ['new Date(ISODate("2022-01-08") - 1000)', '2022-01-07T23:59:59Z'],
    ['ObjectId("507f1f77bcf86cd799439011").getTimestamp()', '2012-10-17T21:13:27Z'],
  ])('%s is %s', (text, iso) => {
    expect(valueOf(text)).toEqual(date(iso))
  })

  test.each([
    ['0x1F', { $numberInt: '31' }],
    ['0o17', { $numberInt: '15' }],
    ['0b101', { $numberInt: '5' }],
    ['1_000', { $numberInt: '1000' }],
    ['-0', { $numberDouble: '-0.0' }],
    ['1.0', { $numberInt: '1' }],
    ['1e3', { $numberInt: '1000' }],
    ['.5', { $numberDouble: '0.5' }],
    ['0.1', { $numberDouble: '0.1' }],
    ['1e22', { $numberDouble: '1e+22' }],
    ['5e-324', { $numberDouble: '5e-324' }],
    ['2147483648', { $numberDouble: '2147483648.0' }],
    ['9007199254740991', { $numberDouble: '9007199254740991.0' }],
    ['9007199254740992', { $numberDouble: '9007199254740992.0' }],
    ['NaN', { $numberDouble: 'NaN' }],
    ['-Infinity', { $numberDouble: '-Infinity' }],
    ['24 * 60 * 60', { $numberInt: '86400' }],
    ['10n', { $numberLong: '10' }],
    ['-9223372036854775808n', { $numberLong: '-9223372036854775808' }],
    ['NumberLong()', { $numberLong: '0' }],
    ['NumberLong(5)', { $numberLong: '5' }],
    ['NumberLong("-9223372036854775808")', { $numberLong: '-9223372036854775808' }],
    ['NumberLong("9223372036854775807")', { $numberLong: '9223372036854775807' }],
    ['NumberLong(NumberInt(5))', { $numberLong: '5' }],
    ['Long("5")', { $numberLong: '5' }],
    ['new Long(5, 1)', { $numberLong: '4294967301' }],
    ['Long(4294967295, 0)', { $numberLong: '4294967295' }],
    ['Long.fromString("-7")', { $numberLong: '-7' }],
    ['NumberInt("-5")', { $numberInt: '-5' }],
    ['Int32(2147483647)', { $numberInt: '2147483647' }],
    ['Double(5)', { $numberDouble: '5.0' }],
    ['Double("0.25")', { $numberDouble: '0.25' }],
    ['NumberDecimal("1.10")', { $numberDecimal: '1.10' }],
    ['NumberDecimal(1.5)', { $numberDecimal: '1.5' }],
    [
      'NumberDecimal("9999999999999999999999999999999999")',
      { $numberDecimal: '9999999999999999999999999999999999' },
    ],
    ['Decimal128("1E+6144")', { $numberDecimal: '1.000000000000000000000000000000000E+6144' }],
    ['Timestamp()', { $timestamp: { t: 0, i: 0 } }],
    ['Timestamp(1)', { $timestamp: { t: 1, i: 0 } }],
    ['Timestamp(1, 2)', { $timestamp: { t: 1, i: 2 } }],
    ['Timestamp({ t: 10, i: 20 })', { $timestamp: { t: 10, i: 20 } }],
    ['Timestamp(4294967295, 4294967295)', { $timestamp: { t: 4294967295, i: 4294967295 } }],
    ['Timestamp(Long(1, 2))', { $timestamp: { t: 2, i: 1 } }],
    ['ObjectID("507f1f77bcf86cd799439011")', { $oid: '507f1f77bcf86cd799439011' }],
    ['ObjectId.createFromHexString("64c122afaf44ca299136bbc3")', { $oid: '64c122afaf44ca299136bbc3' }],
    ['ObjectId(0x12345678)', { $oid: '123456780000000000000000' }],
    [
      'UUID("01234567-89ab-cdef-0123-456789abcdef")',
      { $binary: { base64: 'ASNFZ4mrze8BI0VniavN7w==', subType: '04' } },
    ],
    [
      'UUID("0123456789abcdef0123456789abcdef")',
      { $binary: { base64: 'ASNFZ4mrze8BI0VniavN7w==', subType: '04' } },
    ],
    ['BinData(128, "MTIzNA==")', { $binary: { base64: 'MTIzNA==', subType: '80' } }],
    ['HexData(0, "31323334")', { $binary: { base64: 'MTIzNA==', subType: '00' } }],
    [
      'MD5("d41d8cd98f00b204e9800998ecf8427e")',
      { $binary: { base64: '1B2M2Y8AsgTpgAmY7PhCfg==', subType: '05' } },
    ],
    ['Binary.createFromBase64("MTIzNA==")', { $binary: { base64: 'MTIzNA==', subType: '00' } }],
    ['DBRef("a", 5)', { $ref: 'a', $id: { $numberInt: '5' } }],
    ['DBRef("a", "id", "db")', { $ref: 'a', $id: 'id', $db: 'db' }],
    ['DBRef("a", "id", "db", { x: 1 })', { $ref: 'a', $id: 'id', $db: 'db', x: { $numberInt: '1' } }],
    ['/^a.b$/im', { $regularExpression: { pattern: '^a.b$', options: 'im' } }],
    ['RegExp("a", "xs")', { $regularExpression: { pattern: 'a', options: 'sx' } }],
    ['MinKey', { $minKey: 1 }],
    ['MaxKey()', { $maxKey: 1 }],
    ['"a" + "b"', 'ab'],
  ])('%s', (text, ejson) => {
    expect(valueOf(text)).toEqual(ejson)
  })
})

describe('what would become another value is refused at its place', () => {
  test.each([
    ['new Date(2022, 0, 1)', /write new Date\(Date\.UTC\(2022, 0, 1\)\), or ISODate\(/, 1],
    ['{ $gt: new Date(2022, 0) }', /Date\.UTC\(2022, 0\)/, 8],
    ['new Date("2022-01-05T03:04:05")', /depends on the time zone/, 10],
    ['new Date("2022-01-05 03:04:05")', /depends on the time zone/, 10],
    ['new Date("Jan 5 2022")', /not a date/, 10],
    ['new Date("01/02/2022")', /not a date/, 10],
    ['new Date("2022-02-30")', /not a date/, 10],
    ['new Date(null)', /not a date/, 10],
    ['new Date(1e20)', /not a date/, 10],
    ['Date()', /without "new"/, 1],
    ['Date("2022-01-01")', /without "new"/, 1],
    ['new Date(new Date().setDate(1))', /method setDate of a date is not known/, 21],
    ['new Date() + 5', /put together are a text/, 1],
    ['ISODate("2022-13-01")', /not a date/, 9],
    ['ISODate("2022-02-30")', /not a date/, 9],
    ['ISODate("2022-01-01T25:00:00Z")', /not a date/, 9],
    ['ISODate("9999-12-31T23:99:59.999Z")', /not a date/, 9],
    ['ISODate("1/4/1977")', /not a date/, 9],
    ['ISODate("2022-01-01T00:00:00.123456Z")', /milliseconds/, 9],
    ['ISODate("2022-01-01", 1)', /takes 0 to 1 arguments?, not 2/, 23],
    ['Date.UTC("2022")', /whole numbers/, 10],
    ['9007199254740993', /write NumberLong\("9007199254740993"\)/, 1],
    ['{ n: [9007199254740993] }', /write NumberLong/, 7],
    ['12345678901234567890', /write NumberDecimal/, 1],
    ['0x20000000000001', /write NumberLong\("9007199254740993"\)/, 1],
    ['0.12345678901234567890123', /write NumberDecimal/, 1],
    ['1e400', /write NumberDecimal/, 1],
    ['1e-400', /write NumberDecimal/, 1],
    ['010', /octal or decimal/, 1],
    ['089', /octal or decimal/, 1],
    ['9007199254740991 + 2', /not exactly a number/, 1],
    ['5 / 0', /not exactly a number/, 1],
    ['9223372036854775808n', /64 bits/, 1],
    ['NumberLong(9007199254740993)', /write NumberLong\("9007199254740993"\)/, 12],
    ['NumberLong("9223372036854775808")', /64 bits/, 12],
    ['NumberLong("abc")', /whole number as text/, 12],
    ['NumberLong("1.5")', /whole number as text/, 12],
    ['NumberLong(1.5)', /whole number as text/, 12],
    ['NumberLong("")', /whole number as text/, 12],
    ['NumberLong(5, 1)', /takes 0 to 1 argument/, 15],
    ['Long("5", 1)', /low and the high 32 bits/, 6],
    ['Long(5, 1, true)', /takes 0 to 2 arguments, not 3/, 12],
    ['NumberInt(3000000000)', /from -2147483648 to 2147483647/, 11],
    ['NumberInt(1.5)', /whole number/, 11],
    ['NumberInt("1e3")', /whole number/, 11],
    ['Double("abc")', /takes a number/, 8],
    ['Double("9007199254740993")', /write NumberLong/, 8],
    ['NumberDecimal("12345678901234567890123456789012345")', /can not be made of this|34 digits/, 1],
    ['NumberDecimal("1e7000")', /can not be made of this|34 digits/, 1],
    ['NumberDecimal("abc")', /can not be made of this/, 1],
    ['ObjectId("507f1f77bcf86cd79943901")', /24 hexadecimal digits/, 10],
    ['ObjectId("507f1f77bcf86cd799439011", 1)', /takes 0 to 1/, 38],
    ['UUID("123")', /32 hexadecimal digits/, 6],
    ['BinData(0)', /takes 2 arguments, not 1/, 1],
    ['BinData(0, "AP8")', /takes base64/, 12],
    ['BinData(256, "AP8=")', /from 0 to 255/, 9],
    ['HexData(0, "abc")', /pairs of hexadecimal digits/, 12],
    ['Timestamp(-1, 0)', /from 0 to 4294967295/, 11],
    ['Timestamp({ t: 1, i: 2, x: 3 })', /from 0 to 4294967295/, 11],
    ['DBRef("a")', /takes 2 to 4 arguments/, 1],
    ['DBRef("a", 1, 2)', /takes a text/, 15],
    ['MinKey(1)', /takes 0 arguments/, 8],
    ['/a/g', /not g: leave it out/, 1],
    ['/a/y', /not y: leave it out/, 1],
    ['RegExp("a", "gi")', /not g: leave it out/, 13],
    ['undefined', /write null, or leave the field out/, 1],
    ['{ a: 1, a: 2 }', /stands twice/, 9],
    ['[1, , 2]', /write null/, 1],
    ['"\\ud800"', /lone surrogate/, 1],
    ['Code("x")', /not a value/, 1],
    ['new ArrayBuffer(1)', /not a value/, 1],
    ['Math.max(1, 2)', /Math\.max is not a value/, 1],
    ['{ _bsontype: "ObjectId" }', /can not be called _bsontype/, 1],
    ['"a".repeat(3)', /not a value/, 1],
  ])('%s', (text, message, at) => {
    expect(refusalOf(text)).toEqual({ message: expect.stringMatching(message) as string, at })
  })
})

test('a date without a zone is UTC in every time zone of the process', () => {
  const before = process.env['TZ']
  try {
    for (const zone of ['America/New_York', 'Asia/Kolkata', 'UTC']) {
      process.env['TZ'] = zone
      expect(valueOf('ISODate("2024-01-15T10:00:00")')).toEqual(date('2024-01-15T10:00:00Z'))
      expect(valueOf('ISODate("20240115")')).toEqual(date('2024-01-15T00:00:00Z'))
      expect(valueOf('new Date("2024-01-15")')).toEqual(date('2024-01-15T00:00:00Z'))
    }
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
})

/** The fields of a document in the order in which they are sent. */
function sentFields(text: string): string[] {
  const parsed = parseShell(`db.c.insertOne(${text})`)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const [document] = parsed.statements.flatMap(({ operation }) => unpackOperation(operation).args)
  return Object.keys(document as object)
}

test.each([
  ['{ "1": 1 }', ['1']],
  ['{ "1": 1, "2": 1, b: 1, a: 1 }', ['1', '2', 'b', 'a']],
  ['{ 0: 1, 10: 1, z: 1 }', ['0', '10', 'z']],
  ['{ b: 1, "01": 1, "1.5": 1, "-1": 1, "1e3": 1, " 1": 1, "4294967296": 1 }', null],
  ['{ "9": 1, "10": 1 }', ['9', '10']],
  ['{ a: 1, __proto__: 2, constructor: 3 }', ['a', '__proto__', 'constructor']],
])('the fields of %s are sent in the order that is written', (text, names) => {
  expect(sentFields(text)).toEqual(names ?? ['b', '01', '1.5', '-1', '1e3', ' 1', '4294967296'])
})

test.each([
  ['{ "2": 1, "1": 1 }', /"1" would move to the front.*sent as 1, 2\. Write them in that order/, 11],
  ['{ b: 1, "1": 1 }', /"1" would move.*sent as 1, b/, 9],
  ['{ b: 1, 1: 1 }', /sent as 1, b/, 9],
  ['{ 10: 1, 9: 1 }', /sent as 9, 10/, 10],
  ['[{ a: { x: 1, 7: 1 } }]', /"7" would move.*list, such as \[\["b", 1\], \["1", -1\]\]/, 15],
  ['DBRef("a", 1, "d", { x: 1, 7: 1 })', /"7" would move/, 28],
  ['{ 1e3: 1 }', /would be called 1000: write its name as a text/, 3],
  ['{ 0x10: 1 }', /would be called 16/, 3],
  ['{ 1.0: 1 }', /would be called 1:/, 3],
  ['{ 9007199254740993: 1 }', /would be called 9007199254740992/, 3],
  ['{ 1n: 1 }', /would be called 1:/, 3],
  ['{ "1": 1, 1: 2 }', /stands twice/, 11],
  ['{ __proto__: 1, "__proto__": 2 }', /Redefinition of __proto__ property/, 17],
  ['{ ["1"]: 1 }', /Only plain fields/, 3],
  ['{ a }', /"a" is not known/, 3],
  ['{ ...{ b: 1 } }', /Only plain fields/, 3],
  ['{ get a() { return 1 } }', /Only plain fields/, 3],
])('%s would be sent as another document, and is refused at its place', (text, message, at) => {
  expect(refusalOf(text)).toEqual({ message: expect.stringMatching(message) as string, at })
})

test.each([
  'db.c.find({}).sort({ b: 1, "1": -1 })',
  'db.c.createIndex({ b: 1, "1": -1 })',
  'db.c.createIndexes([{ a: 1 }, { b: 1, "1": -1 }])',
  'db.c.find({}).hint({ b: 1, "1": -1 })',
  'db.c.aggregate([{ $sort: { b: 1, "1": -1 } }])',
  'db.c.updateOne({}, { $set: { b: 1, "1": -1 } })',
  'db.c.findOneAndDelete({}, { sort: { b: 1, "1": -1 } })',
  'db.runCommand({ find: "c", sort: { b: 1, "1": -1 } })',
  'db.runCommand({ find: "c", 1: 1 })',
])('%s is refused, and nothing is sent', (text) => {
  const parsed = parseShell(text)
  expect(parsed).toMatchObject({
    error: {
      message: expect.stringContaining('would move to the front') as string,
      position: text.search(/"?1"?: -?1/) + 1,
      hint: 'Nothing was sent to the database.',
    },
  })
})

test.each([
  ['db.c.find({}).sort([["b", 1], ["1", -1]])', 'list'],
  ['db.c.find({}, {}, { sort: [["b", 1]] })', 'list'],
  ['db.c.createIndex([["b", 1], ["1", "text"]])', 'list'],
  ['db.c.createIndexes([[["b", 1], ["1", -1]], { a: 1 }])', 'list'],
  ['db.c.find({}).sort("b")', 'list'],
  ['db.c.find({}).sort([["b", 1], ["b", -1]])', /b stands twice in/],
  ['db.c.find({}).sort(["b", "a"])', /or a list, such as \[\["at", -1\]/],
  ['db.c.find({}).sort([["b"]])', /or a list/],
  ['db.c.find({}).sort([["b", 1, 2]])', /or a list/],
  ['db.c.find({}).sort(5)', /or a list/],
  ['db.c.createIndex([])', /takes the keys of an index/],
  ['db.c.createIndex([[1, "b"]])', /or a list/],
  ['db.runCommand({ find: "c", sort: [["b", 1]] })', /is a document, such as \{ at: -1 \}/],
])('%s', (text, expected) => {
  const parsed = parseShell(text)
  if (expected === 'list') expect(parsed).toHaveProperty('statements')
  else expect('error' in parsed && parsed.error.message).toMatch(expected)
})
