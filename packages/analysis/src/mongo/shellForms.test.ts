import { Int32 } from 'mongodb'
import { expect, test } from 'vitest'
import { unpackOperation } from './packedOperation.ts'
import { parseShell } from './shellParser.ts'

const operationsOf = (content: string) => {
  const answer = parseShell(content, 'shop')
  return 'error' in answer
    ? answer.error.message
    : answer.statements.map(({ operation, text, offset }) => {
        const { collection, method, args, modifiers } = unpackOperation(operation)
        return { collection, method, args, modifiers: modifiers.map(({ name }) => name), text, offset }
      })
}

test.each([
  ['show collections', null, 'getCollectionNames', [], []],
  ['show tables;', null, 'getCollectionNames', [], []],
  ['db.runCommand("ping")', null, 'runCommand', [{ ping: new Int32(1) }], []],
  ['db.c.explain().find({ a: 1 })', 'c', 'find', [{ a: new Int32(1) }], ['explain']],
  ['db.c.explain("executionStats").aggregate([])', 'c', 'aggregate', [[]], ['explain']],
  ['db.getCollection("x").find()', 'x', 'find', [], []],
  ['db["x"].find()', 'x', 'find', [], []],
  ['db["x"]["y"].count({})', 'x.y', 'count', [{}], []],
  ['db.stats()', null, 'stats', [], []],
  ['db.c.stats()', 'c', 'stats', [], []],
  ['db.c.find().limit(1).itcount()', 'c', 'find', [], ['limit', 'itcount']],
])('%s', (content, collection, method, args, modifiers) => {
  expect(operationsOf(content)).toMatchObject([{ collection, method, args, modifiers }])
})

test('lines of the shell stand among statements, each at its place', () => {
  expect(
    operationsOf(
      'use shop\ndb.a.find({})\nshow collections\r\n  use "shop";\n/* ü */ db.b.find({\n "use x": 1 })',
    ),
  ).toMatchObject([
    { method: 'find', collection: 'a', offset: 9 },
    { method: 'getCollectionNames', text: 'show collections', offset: 23 },
    { method: 'find', collection: 'b', offset: 63 },
  ])
})

test.each([
  ['use other', /no other can be reached/],
  ['use', /begins with "db\."/],
  ['show dbs', /a request sees only its own database/],
  ['show users', /write "show collections"/],
  ['db.c.insert({})', /write insertOne\(\{\.\.\.\}\) or insertMany/],
  ['db.c.update({}, {})', /write updateOne\(filter, \{ \$set/],
  ['db.c.remove({})', /write deleteOne\(filter\) or deleteMany\(filter\)/],
  ['db.c.save({})', /write insertOne/],
  ['db.c.findAndModify({})', /write findOneAndUpdate/],
  ['db.c.ensureIndex({ a: 1 })', /write createIndex/],
  ['db.c.find().next()', /write limit\(1\)/],
  ['db.c.find().map(x => x)', /Functions are not allowed/],
  ['db.c.explain().deleteMany({})', /"explain" can not follow deleteMany/],
  ['db.c', /Write db\.c\.find\(\{\}\) for its documents/],
  ['db.getCollection("x")', /Name a collection, and call one of its methods/],
  ['db.c.watch()', /does not come to an end/],
  ['db.createView("v", "c", [])', /viewOn/],
  ['db?.c.find()', /begins with "db\."|without "\?"/],
  ['c.find()', /begins with "db\."/],
  ['print(1)', /begins with "db\."/],
  ['var x = 1', /one operation a statement/],
])('%s is told in words what to write', (content, message) => {
  expect(operationsOf(content)).toMatch(message)
})

test('a text of nothing but "use" has no statement', () => {
  expect(operationsOf('use shop')).toEqual([])
})
