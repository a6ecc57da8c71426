import { BSON, type Document } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { unpackOperation } from '@sre-portal/analysis/mongo/packedOperation'
import { parseShell } from '@sre-portal/analysis/mongo/shellParser'
import { findMongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { runQuery, runScript } from '../testing/mongoBench.ts'
import { mongoPlace, type MongoPlace } from '../testing/mongoPlace.ts'

const { server, missing } = await findMongoServer()
const title = server
  ? `what is written is what is sent, to ${server.product}`
  : `what is sent (skipped. ${missing})`

describe.skipIf(server === null)(title, () => {
  let place: MongoPlace
  const sandbox = new Sandbox({ keepSpare: false })
  beforeAll(async () => {
    if (server) place = await mongoPlace(server, 'portal_exactly')
  })
  afterAll(async () => {
    await sandbox.close()
    await place.close()
  })
  beforeEach(async () => {
    await place.collection('c').deleteMany({})
    await place.collection('c').insertMany([
      { _id: 1 as never, name: 'abc', at: new Date('2021-06-01T00:00:00Z') },
      { _id: 2 as never, name: 'abd', at: new Date('2023-06-01T00:00:00Z') },
      { _id: 3 as never, name: 'x', n: 5 },
    ])
  })

  const query = (content: string) => runQuery(place.target, content)
  const script = (source: string) => runScript(place.target, sandbox, source)
  const ids = async () => {
    const documents = await place.collection('c').find().sort({ _id: 1 }).toArray()
    return documents.map(({ _id }) => Number(_id))
  }
  const stored = async (filter: Document) =>
    BSON.EJSON.serialize((await place.collection('c').findOne(filter)) ?? {}, { relaxed: false })

  test('a date of several numbers deletes nothing; written for one time zone it deletes what it says', async () => {
    const { outcome, intents } = await query('db.c.deleteMany({ at: { $gt: new Date(2022, 0, 1) } })')
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: { message: expect.stringContaining('new Date(Date.UTC(2022, 0, 1))') as string, column: 30 },
    })
    expect(intents).toEqual([])
    expect(await ids()).toEqual([1, 2, 3])
    await query('db.c.deleteMany({ at: { $gt: new Date(Date.UTC(2022, 0, 1)) } })')
    expect(await ids()).toEqual([1, 3])
  })

  test('in a script the same date is UTC', async () => {
    const { returned } = await script(
      `return { at: new Date(2022, 0, 1), iso: ISODate('2022-01-01T05:00:00'), zone: new Date().getTimezoneOffset() }`,
    )
    expect(returned).toEqual({ at: '2022-01-01T00:00:00.000Z', iso: '2022-01-01T05:00:00.000Z', zone: 0 })
  })

  test('every condition of a script is sent: none beside $regex is lost', async () => {
    const { outcome } = await script(
      `await db.collection('c').deleteMany({ name: { $regex: '^ab', $nin: ['abc'] } })`,
    )
    expect(outcome).toEqual({ fate: 'executed' })
    expect(await ids()).toEqual([1, 3])
  })

  test.each([
    ['deleteMany({ folder: undefined })', /folder is undefined: write null/],
    ['deleteMany()', /needs a filter/],
    ['deleteMany(undefined)', /needs a filter/],
    ['deleteMany(null)', /filter of deleteMany is a document/],
    ['deleteMany("x")', /filter of deleteMany is a document/],
    ['updateMany(undefined, { $set: { a: 1 } })', /is undefined/],
    ['updateMany({}, { a: 1 })', /needs operators/],
    ['deleteMany({ _id: Promise.resolve(1) })', /write await before it/],
    ['deleteMany({ _id: { $in: new Set([1]) } })', /write \[\.\.\.set\]/],
    ['insertOne({ a: new ArrayBuffer(4) })', /new Uint8Array\(buffer\)/],
    ['insertOne({ a: new Float64Array(4) })', /\[\.\.\.view\]/],
    ['insertOne({ a: /x/g })', /flags g/],
    ['insertOne({ a: () => 1 })', /is a function/],
    ['insertOne({ a: new Date(NaN) })', /invalid date/],
    ['insertOne({ a: { b: [Promise.resolve(1)] } })', /^arguments\[0\]\.a\.b\[0\] .* Nothing was sent\.$/],
    [
      'insertOne({ a: Object.defineProperty(Promise.resolve(1), Symbol.toStringTag, { value: "Object" }) })',
      /promise/,
    ],
    ['insertOne({ a: Symbol("s") })', /is a symbol/],
    ['insertOne({ a: new Error("a") })', /is an Error: write its message/],
    ['insertOne({ a: new Proxy(new Set([1]), {}) })', /is a Set/],
    ['insertOne({ a: new WeakMap() })', /is a WeakMap/],
    ['insertOne({ a: [1, , 2] })', /\.a\[1\] is a hole in an array: write null/],
    ['insertOne({ get a() { throw new Error("g") } })', /\.a can not be read: Error: g\. Nothing was sent/],
    [
      'insertOne({ a: new Proxy({}, { ownKeys() { throw new Error("p") } }) })',
      /\.a can not be read: Error: p/,
    ],
    ['insertOne({ a: { [Symbol("s")]: 1 } })', /named by a symbol/],
    ['insertOne({ a: { toBSON: () => 1 } })', /method toBSON/],
    ['insertOne({ a: "a\\ud800b" })', /\.a holds half of a surrogate pair/],
    ['insertOne({ "a\\udc00": 1 })', /half of a surrogate pair/],
    ['insertOne({ a: BSONRegExp("a\\ud800") })', /half of a surrogate pair/],
    ['insertOne({ a: "x".repeat(4100000) })', /take more than 4 MB/],
    ['insertOne((() => { const c = {}; c.c = c; return c })())', /100 levels .* or holds itself/],
    ['insertOne({ a: 2n ** 64n })', /\.a can not be read: RangeError: .*64 bits/],
    ['insertOne({ a: NumberLong("abc") })', /whole number as text/],
    ['insertOne({ a: NumberLong("9223372036854775808") })', /64 bits/],
    ['insertOne({ a: NumberLong(1.5) })', /whole number as text/],
    ['insertOne({ a: NumberInt(3000000000) })', /whole number from/],
    ['insertOne({ a: ObjectId("x") })', /24 hexadecimal digits/],
    ['insertOne({ a: BinData(0) })', /subtype and base64/],
    ['insertOne()', /needs a document/],
    ['insertOne([{}])', /is a document/],
    ['find("x").toArray()', /filter of find is a document/],
    ['find(5).toArray()', /filter of find is a document/],
    ['findOne("x")', /filter of findOne is a document/],
    ['countDocuments("x")', /filter of countDocuments is a document/],
    ['find({}, {}, {}, {}).toArray()', /at most 3 arguments/],
    ['find({}).limit("5").toArray()', /whole number/],
    ['find({}, { tailable: true }).toArray()', /"tailable" is not an option of find/],
    ['find({}, { n: 1 }).toArray()', /"n" is not an option of find .*It takes .*projection/],
    ['aggregate([], { out: "x" }).toArray()', /"out" is not an option/],
    [
      'aggregate([{ $out: { db: "other", coll: "x" } }]).toArray()',
      /another database: only .*portal_exactly/,
    ],
    ['drop("x")', /options of drop are a document/],
    ['find({}).sort(new Map([["b", 1], ["1", -1]])).toArray()', /Map whose order would be lost/],
    ['insertOne(new Map([["b", 1], ["1", 1]]))', /because "1" is a whole number: write a sort/],
    ['insertOne({ a: new Map([["2", 1], ["1", 1]]) })', /\.a is a Map whose order/],
    ['insertOne(new Map([["$ejson", 1]]))', /can not be called \$ejson/],
    ['find({}).sort({ ["1"]: 1, b: 1 }).toArray()', /JavaScript does not keep it for "1"/],
    ['find({}, { sort: Object.assign({ b: 1 }, { 1: 1 }) }).toArray()', /order of the fields of sort/],
    ['createIndex(JSON.parse(`{"b": 1, "1": 1}`))', /order of the fields of The argument of createIndex/],
    ['find({}).hint({ 1: 1, b: 1 }).toArray()', /order of the fields/],
    ['aggregate([{ $sort: { 1: 1, b: 1 } }]).toArray()', /order of the fields of \$sort/],
    ['remove({})', /remove is not a method of a collection/],
    ['find({}).filter(x => x)', /filter is not a method of a cursor/],
  ])('a script that calls %s is refused, and nothing is changed', async (call, message) => {
    const { outcome, head } = await script(`await db.collection('c').${call}`)
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: { message: expect.stringMatching(message) as string },
    })
    expect(head.statements).toEqual([])
    expect(await ids()).toEqual([1, 2, 3])
  })

  /** What a script would insert, by the text of its statement; nothing is sent, because FerretDB knows not all of these types. */
  const insertedBy = async (source: string) => {
    const texts: string[] = []
    const refuse = ({ text }: { text: string }) => {
      texts.push(text)
      return Promise.reject(new Error('no'))
    }
    await runScript(place.target, sandbox, source, { beforeStatement: refuse })
    const parsed = parseShell(texts[0] ?? '')
    const [statement] = 'statements' in parsed ? parsed.statements : []
    const [document] = statement ? unpackOperation(statement.operation).args : []
    return BSON.EJSON.serialize(document, { relaxed: false })
  }

  test('values of a script are those that the driver would send', async () => {
    expect(
      await insertedBy(`await db.c.insertOne({ long: NumberLong('9007199254740993'), big: 10n, small: 5,
      real: 1.5, minus: -0, nan: NaN, date: new Date(0), iso: ISODate('20240115'), bytes: new Uint8Array([1, 2]), re: /a.b/i, map: new Map([['k', 1]]),
      id: ObjectId('507f1f77bcf86cd799439011'), dec: NumberDecimal('1.10'), uuid: UUID('01234567-89ab-cdef-0123-456789abcdef'), ts: Timestamp({ t: 1, i: 2 }),
      int: NumberInt('7'), double: Double(5), min: MinKey(), max: MaxKey(), nested: { $date: 'kept', ['__proto__']: 1, list: [1, [2, null]] } })`),
    ).toEqual({
      long: { $numberLong: '9007199254740993' },
      big: { $numberLong: '10' },
      small: { $numberInt: '5' },
      real: { $numberDouble: '1.5' },
      minus: { $numberDouble: '-0.0' },
      nan: { $numberDouble: 'NaN' },
      date: { $date: { $numberLong: '0' } },
      iso: { $date: { $numberLong: String(Date.UTC(2024, 0, 15)) } },
      bytes: { $binary: { base64: 'AQI=', subType: '00' } },
      re: { $regularExpression: { pattern: 'a.b', options: 'i' } },
      map: { k: { $numberInt: '1' } },
      id: { $oid: '507f1f77bcf86cd799439011' },
      dec: { $numberDecimal: '1.10' },
      uuid: { $binary: { base64: 'ASNFZ4mrze8BI0VniavN7w==', subType: '04' } },
      ts: { $timestamp: { t: 1, i: 2 } },
      int: { $numberInt: '7' },
      double: { $numberDouble: '5.0' },
      min: { $minKey: 1 },
      max: { $maxKey: 1 },
      nested: {
        $date: 'kept',
        ['__proto__']: { $numberInt: '1' },
        list: [{ $numberInt: '1' }, [{ $numberInt: '2' }, null]],
      },
    })
  })

  test('what a script read and writes again is the same', async () => {
    const { outcome } =
      await script(`await db.c.insertOne({ _id: 9, long: NumberLong('5'), re: BSONRegExp('(?i)a', 'x'), slash: /a\\/b/m,
      bin: BinData(5, 'AP8='), uuid: UUID(), ts: Timestamp(2147483647, 1), far: new Date(1e12), id: ObjectId() })
      const read = await db.c.findOne({ _id: 9 })
      await db.c.insertOne({ ...read, _id: 10 })`)
    expect(outcome).toEqual({ fate: 'executed' })
    const { _id: first, ...before } = await stored({ _id: 9 as never })
    const { _id: second, ...after } = await stored({ _id: 10 as never })
    expect([first, second]).toEqual([{ $numberInt: '9' }, { $numberInt: '10' }])
    expect(Object.keys(before)).toHaveLength(8)
    expect(after).toEqual(before)
  })

  test('a sort and the keys of an index are sent in the order of their list', async () => {
    const c = place.collection('c')
    await c.deleteMany({})
    await c.insertMany([
      { _id: 1 as never, b: 1, '1': 1 },
      { _id: 2 as never, b: 2, '1': 0 },
      { _id: 3 as never, b: 1, '1': 0 },
    ])
    const sort = 'sort([["b", 1], ["1", 1]])'
    const { rows } = await query(`db.c.find({}, { _id: 1 }).${sort}`)
    expect(rows).toEqual([['{"$numberInt":"3"}'], ['{"$numberInt":"1"}'], ['{"$numberInt":"2"}']])
    const { returned } = await script(`
      const ids = (documents) => documents.map(({ _id }) => _id)
      const { _id } = await db.c.findOneAndDelete({}, { sort: [['b', 1], ['1', 1]] })
      return [_id, ids(await db.c.find({}).${sort}.toArray()), ids(await db.c.find({}).sort({ 1: 1 }).toArray())]`)
    expect(returned).toEqual([3, [1, 2], [2, 1]])
    const indexed = await query(
      'db.c.createIndex([["b", 1], ["1", -1]]); db.c.createIndexes([[["z", 1], ["2", 1]]])',
    )
    expect(indexed.outcome).toEqual({ fate: 'executed' })
    const names = (await c.indexes()).map(({ name }) => name)
    expect(names).toEqual(['_id_', 'b_1_1_-1', 'z_1_2_1'])
    await c.dropIndexes()
  })

  test('stages as arguments are one pipeline, in a query and in a script', async () => {
    const stages = '{ $match: { n: 5 } }, { $group: { _id: null, count: { $sum: 1 } } }'
    const { rows } = await query(`db.c.aggregate(${stages})`)
    expect(rows).toEqual([['null', '{"$numberInt":"1"}']])
    const { returned } = await script(`return await db.c.aggregate(${stages}).toArray()`)
    expect(returned).toEqual([{ _id: null, count: 1 }])
  })

  test('cursors of a script are those of the driver', async () => {
    const { returned, outcome } = await script(`
      const cursor = db.c.find({}).sort({ _id: 1 }).map((document) => document._id)
      const seen = [await cursor.hasNext(), await cursor.next(), await cursor.tryNext(), await cursor.hasNext(), await cursor.next(), await cursor.hasNext(), await cursor.next()]
      const mapped = await db.c.find({}).sort({ _id: -1 }).map((document) => document._id * 2).toArray()
      const some = []
      await db.c.find({}).sort({ _id: 1 }).forEach(({ _id }) => { some.push(_id); return _id < 2 })
      const shaped = db.c.find({})
      await shaped.next()
      const late = (() => { try { shaped.limit(1) } catch (error) { return error.message } })()
      const names = await db.getCollectionNames()
      return { seen, mapped, some, late, names, projected: await db.c.find({ _id: 3 }, { n: 1, _id: 0 }, {}).toArray(),
        limited: await db.c.find({}, { limit: 1, sort: { _id: -1 }, projection: { _id: 1 } }).toArray(), counted: await db.c.find({}).count() }`)
    expect(outcome).toEqual({ fate: 'executed' })
    expect(returned).toEqual({
      seen: [true, 1, 2, true, 3, false, null],
      mapped: [6, 4, 2],
      some: [1, 2],
      late: 'This cursor is being read already: shape it before, or make another one.',
      names: ['c'],
      projected: [{ n: 5 }],
      limited: [{ _id: 3 }],
      counted: 3,
    })
  })

  test('forms of the shell work in a query', async () => {
    const { outcome, rows } = await query(`use portal_exactly
      show collections
      db.runCommand("ping"); db.c.find({}).limit(1).explain(); db.c.explain().find({}); db.c.find().itcount(); db.c.count()`)
    expect(outcome).toEqual({ fate: 'executed' })
    expect(rows[0]).toEqual(['["c"]'])
    expect(rows.slice(-2)).toEqual([['{"$numberInt":"3"}'], ['{"$numberInt":"3"}']])
  })
})
