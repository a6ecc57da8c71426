import { expect, test } from 'vitest'
import { unpackOperation } from './packedOperation.ts'
import { parseShell } from './shellParser.ts'

const parsed = (content: string) => parseShell(content, 'shop')

function refusalOf(content: string): string {
  const answer = parsed(content)
  return 'error' in answer ? answer.error.message : 'It was accepted.'
}

const kindsOf = (content: string) => {
  const answer = parsed(content)
  return 'error' in answer ? answer.error.message : answer.statements.map(({ operation }) => operation.kind)
}

test.each([
  ['db.c.find("x")', /filter of find is a document/],
  ['db.c.find(5)', /filter of find is a document/],
  ['db.c.find([{}])', /filter of find is a document/],
  ['db.c.find(null)', /filter of find is a document/],
  ['db.c.find(ObjectId("507f1f77bcf86cd799439011"))', /filter of find is a document/],
  ['db.c.find(new Date(0))', /filter of find is a document/],
  ['db.c.countDocuments("x")', /filter of countDocuments is a document/],
  ['db.c.findOne("x")', /filter of findOne is a document/],
  ['db.c.find({}, "name")', /projection of find is a document/],
  ['db.c.insertOne()', /insertOne needs a document/],
  ['db.c.insertOne([{}])', /is a document/],
  ['db.c.insertOne("x")', /is a document/],
  ['db.c.insertMany({})', /list of documents/],
  ['db.c.insertMany(["x"])', /list of documents/],
  ['db.c.insertMany()', /needs a list of documents/],
  ['db.createCollection()', /needs a name/],
  ['db.createCollection(5)', /is a text/],
  ['db.c.deleteMany()', /needs a filter; to mean every document, write \{\}/],
  ['db.c.updateMany({})', /needs an update/],
  ['db.c.updateMany({}, {})', /An update needs operators/],
  ['db.c.updateMany({}, { a: 1 })', /to replace whole documents, write replaceOne/],
  ['db.c.updateOne({}, { $set: { a: 1 }, b: 2 })', /An update needs operators/],
  ['db.c.updateOne({}, { $set: 5 })', /\$set takes a document/],
  ['db.c.updateOne({}, [])', /An update needs operators/],
  ['db.c.updateOne({}, [{ $match: {} }])', /can not stand in an update/],
  ['db.c.replaceOne({}, { $set: { a: 1 } })', /belongs to updateOne/],
  ['db.c.distinct({ a: 1 })', /is a text/],
  ['db.c.distinct()', /needs a name/],
  ['db.getCollectionInfos("v2")', /filter of getCollectionInfos is a document/],
  ['db.c.drop("x")', /options of drop are a document/],
  ['db.c.find({}).allowDiskUse("no")', /true or false/],
  ['db.c.find({}).explain("fast")', /"queryPlanner", "executionStats" and "allPlansExecution"/],
  ['db.c.find({}).limit("5")', /limit takes a whole number/],
  ['db.c.find({}).limit()', /limit needs an argument/],
  ['db.c.find({}).limit(5, 6)', /limit takes one argument/],
  ['db.c.find({}).count(true)', /count takes no arguments/],
  ['db.c.find({}).sort({ a: 1 }).forEach()', /runs no functions/],
  ['db.c.getIndexes("x")', /takes no arguments/],
  ['db.c.find({}, {}, {}, {})', /at most 3 arguments/],
  ['db.c.aggregate([], {}, {})', /at most 2 arguments/],
  ['db.c.createIndex("email")', /keys of an index/],
  ['db.c.dropIndex()', /needs the name of an index/],
  ['db.c.dropIndex("*")', /dropped by dropIndexes\(\)/],
  ['db.c.findOneAndUpdate({}, { $set: { a: 1 } }, { returnDocument: "new" })', /"before" or "after"/],
  ['db.c.bulkWrite([{ insertOne: {} }])', /needs "document"/],
  ['db.c.bulkWrite([{ deleteMany: { filter: "x" } }])', /is a document/],
  ['db.c.bulkWrite([{ updateOne: { filter: {}, update: { a: 1 } } }])', /needs operators/],
  ['db.c.bulkWrite([{ drop: {} }])', /is a document of one field/],
  ['db.c.bulkWrite([{ deleteOne: { filter: {} }, insertOne: { document: {} } }])', /one field/],
])('%s is refused: arguments are what the method takes', (content, message) => {
  expect(refusalOf(content)).toMatch(message)
})

test.each([
  ['db.c.aggregate([], { out: "x" })', /"out" is not an option of aggregate/],
  [
    'db.c.aggregate([{ $group: { _id: 1, x: { $_internalJsReduce: {} } } }])',
    /\$_internalJsReduce is not an operator/,
  ],
  ['db.c.aggregate([{ $project: { x: { $_internalJsEmit: {} } } }])', /\$_internalJsEmit is not an operator/],
  [
    'db.c.aggregate([{ $_internalInhibitOptimization: {} }])',
    /is not a stage that the portal knows \(those of MongoDB 8\.0\)/,
  ],
  ['db.c.aggregate([{ $out: { db: "other", coll: "x" } }])', /names another database: only .* \(shop\)/],
  ['db.c.aggregate([{ $merge: { into: { db: "other", coll: "x" } } }])', /names another database/],
  [
    'db.c.aggregate([{ $lookup: { from: { db: "other", coll: "x" }, as: "y", pipeline: [] } }])',
    /names another database/,
  ],
  ['db.c.aggregate([{ $unionWith: { db: "other", coll: "x" } }])', /names another database/],
  [
    'db.c.aggregate([{ $lookup: { from: "x", as: "y", pipeline: [{ $out: "z" }] } }])',
    /within \$lookup can not write/,
  ],
  ['db.c.aggregate([{ $facet: { a: [{ $merge: "z" }] } }])', /within \$facet can not write/],
  ['db.c.aggregate([{ $facet: { a: [{ $match: { $where: "1" } }] } }])', /runs JavaScript/],
  [
    'db.c.aggregate([{ $graphLookup: { from: "x", restrictSearchWithMatch: { $where: "1" } } }])',
    /runs JavaScript/,
  ],
  ['db.c.aggregate([{ $geoNear: { near: [0, 0], query: { $where: "1" } } }])', /runs JavaScript/],
  ['db.c.aggregate([{ $changeStream: {} }])', /does not come to an end/],
  ['db.aggregate([{ $currentOp: {} }])', /what others do at the server/],
  ['db.c.aggregate([{ $match: {}, $out: "x" }])', /document of one field/],
  ['db.c.aggregate([{}])', /document of one field/],
  ['db.c.aggregate("x")', /document of one field/],
  ['db.c.find({ a: { $unknown: 1 } })', /\$unknown is not an operator of filters/],
  ['db.c.find({ $nothing: [] })', /\$nothing is not an operator of filters/],
  ['db.c.find({ a: { b: { $gt: 1 } } })', /compared as a whole/],
  ['db.c.find({ a: { $elemMatch: { $where: "1" } } })', /runs JavaScript/],
  ['db.c.find({ a: { $not: { $unknown: 1 } } })', /\$unknown is not/],
  ['db.c.find({ $or: { a: 1 } })', /\$or takes a list/],
  ['db.c.find({ $expr: { $function: { body: "x" } } })', /runs JavaScript/],
  ['db.c.find({}, { x: { $function: { body: "x" } } })', /runs JavaScript/],
  ['db.c.find({}, {}, { tailable: true })', /"tailable" is not an option of find/],
  ['db.c.find({}, {}, { session: {} })', /"session" is not an option of find/],
  ['db.c.find({}, {}, { maxTimeMS: 0 })', /above 0/],
  ['db.c.find({}).maxTimeMS(0)', /above 0/],
  ['db.c.updateOne({}, { $unknown: { a: 1 } })', /\$unknown is not an operator of updates/],
  ['db.c.updateOne({}, { $pull: { a: { $where: "1" } } })', /runs JavaScript|\$where is not/],
  ['db.c.updateOne({}, { $set: { a: 1 } }, { writeConcern: { w: 0 } })', /never answered/],
  ['db.c.updateOne({}, { $set: { a: 1 } }, { arrayFilters: [{ $where: "1" }] })', /runs JavaScript/],
  ['db.c.updateOne({}, [{ $set: { a: { $function: {} } } }])', /runs JavaScript/],
  ['db.c.deleteOne({}, { multi: true })', /"multi" is not an option of deleteOne/],
  ['db.c.createIndex({ a: 1 }, { storageEngine: {} })', /"storageEngine" is not an option/],
  ['db.createCollection("v", { viewOn: "c", pipeline: [{ $out: "x" }] })', /writes nothing/],
  ['db.createCollection("v", { validator: { $where: "1" } })', /runs JavaScript/],
  ['db.runCommand({ validate: "c", repair: true })', /"repair" is not an option of the command validate/],
  ['db.runCommand({ validate: "c", fixMultikey: true })', /"fixMultikey" is not/],
  ['db.runCommand({ find: "c", maxTimeMS: 0 })', /above 0/],
  ['db.runCommand({ find: "c", maxTimeMS: NumberLong(0) })', /above 0/],
  ['db.runCommand({ find: "c", filter: { $where: "1" } })', /runs JavaScript/],
  ['db.runCommand({ find: "c", $db: "admin" })', /"\$db" is not an option/],
  ['db.runCommand({ find: "c", lsid: {} })', /"lsid" is not an option/],
  ['db.runCommand({ update: "c", updates: [{ q: "x", u: { $set: { a: 1 } } }] })', /is a document/],
  ['db.runCommand({ update: "c", updates: [{ u: { $set: { a: 1 } } }] })', /is a document/],
  ['db.runCommand({ update: "c", updates: [{ q: {}, u: { $set: { a: 1 }, b: 1 } }] })', /needs operators/],
  ['db.runCommand({ delete: "c", deletes: [{ limit: 0 }] })', /is a document/],
  [
    'db.runCommand({ aggregate: "c", pipeline: [{ $out: { db: "other", coll: "x" } }], cursor: {} })',
    /another database/,
  ],
  ['db.runCommand({ dataSize: "other.c" })', /another database/],
  ['db.runCommand({ explain: { killOp: 1 } })', /killOp is not allowed/],
  ['db.runCommand({ renameCollection: "shop.a", to: "other.b" })', /write db\.collection\.renameCollection/],
  ...[
    'killOp',
    'createUser',
    'dropDatabase',
    'setParameter',
    'fsync',
    'shutdown',
    'currentOp',
    'serverStatus',
  ].map((name): [string, RegExp] => [
    `db.runCommand({ ${name}: 1 })`,
    new RegExp(`The command ${name} is not allowed`),
  ]),
  ...['somethingNew', 'replSetStepDown', 'cloneCollection', 'internalRenameIfOptionsAndIndexesMatch'].map(
    (name): [string, RegExp] => [`db.runCommand({ ${name}: 1 })`, /is not a command that the portal sends/],
  ),
  ['db.runCommand({})', /is not a command/],
  ['db.runCommand([])', /A command is a document/],
  ['db.adminCommand({ ping: 1 })', /only the database that the request is about/],
  ['db.dropDatabase()', /drop the collections one by one/],
  ['db.getSiblingDB("other").c.find()', /no other can be reached/],
  ['db.getMongo().getDB("other").c.find()', /no other can be reached/],
  ['db.c.find({ $where: "1" })', /runs JavaScript/],
  ['db.getCollection("$cmd").find({})', /is not a collection/],
])('%s is refused: nobody knows what it would do', (content, message) => {
  expect(refusalOf(content)).toMatch(message)
})

test.each([
  ['db.c.aggregate([{ $lookup: { from: { db: "shop", coll: "x" }, as: "y", pipeline: [] } }])', ['read']],
  ['db.c.aggregate([{ $out: { db: "shop", coll: "x" } }])', ['write']],
  ['db.c.aggregate([{ $merge: { into: "x", whenMatched: "replace" } }])', ['write']],
  ['db.c.aggregate([{ $merge: { into: "x", whenMatched: [{ $set: { a: 1 } }] } }])', ['write']],
  [
    'db.c.aggregate([{ $group: { _id: "$a", n: { $sum: { $cond: [{ $gt: ["$n", 0] }, 1, 0] } } } }])',
    ['read'],
  ],
  ['db.c.aggregate([{ $project: { x: { $literal: { $where: 1 } } } }])', ['read']],
  ['db.c.find({ a: { $elemMatch: { $gt: 1, $lt: 5 } }, $expr: { $eq: ["$a", "$b"] } })', ['read']],
  ['db.c.find({ at: { $geoWithin: { $centerSphere: [[0, 0], 1] } } })', ['read']],
  [
    'db.c.find({ at: { $near: { $geometry: { type: "Point", coordinates: [0, 0] }, $maxDistance: 5 } } })',
    ['read'],
  ],
  [
    'db.c.find({ $text: { $search: "x" } }, { score: { $meta: "textScore" } }).sort({ score: { $meta: "textScore" } })',
    ['read'],
  ],
  [
    'db.c.find({ tags: { $all: [{ $elemMatch: { a: 1 } }] } }, { tags: { $elemMatch: { a: 1 } }, "b.$": 1 })',
    ['read'],
  ],
  ['db.c.find({ ref: { $ref: "a", $id: 5 } })', ['read']],
  ['db.c.find({ a: { $not: /x/ }, b: { $regex: "^a", $nin: ["abc"] } })', ['read']],
  ['db.c.insertOne({ saved: { $where: "kept as it is" } })', ['write']],
  [
    'db.c.updateOne({ _id: 1 }, { $set: { filter: { $where: 1 } }, $push: { a: { $each: [1], $slice: -5 } } })',
    ['write'],
  ],
  ['db.c.updateOne({ _id: 1 }, { $pull: { items: { n: { $gt: 5 } } } })', ['write']],
  ['db.c.updateOne({ _id: 1 }, [{ $set: { n: { $add: ["$n", 1] } } }], { upsert: true })', ['write']],
  ['db.runCommand({ aggregate: "c", pipeline: [{ $out: "x" }], cursor: {} })', ['write']],
  ['db.runCommand({ update: "c", updates: [{ q: {}, u: { a: 1 } }] })', ['write']],
  ['db.runCommand({ findAndModify: "c", query: {}, remove: true })', ['write']],
  ['db.runCommand({ createIndexes: "c", indexes: [{ key: { a: 1 }, name: "a_1" }] })', ['write']],
  ['db.runCommand({ collMod: "c", validator: { a: { $exists: true } } })', ['write']],
  ['db.runCommand({ dataSize: "shop.c" })', ['read']],
  ['db.c.renameCollection("d", true)', ['write']],
  ['db.c.dropIndexes()', ['write']],
  ['db.c.dropIndexes("*")', ['write']],
  ['db.c.findOneAndUpdate({}, { $set: { a: 1 } }, { returnDocument: "after" })', ['write']],
  ['db.c.createIndexes([{ a: 1 }, { b: 1 }], { sparse: true })', ['write']],
])('%s is %j', (content, kinds) => {
  expect(kindsOf(content)).toEqual(kinds)
})

test('without a name of the database, every text that names one is refused', () => {
  const answer = parseShell('db.c.aggregate([{ $out: { db: "shop", coll: "x" } }])')
  expect('error' in answer && answer.error.message).toMatch(/names another database: only the one that/)
})

test('stages that stand as arguments are one pipeline', () => {
  const answer = parsed(
    'db.c.aggregate({ $match: {} }, { $group: { _id: null } }); db.c.aggregate(); db.c.aggregate([])',
  )
  expect(
    'statements' in answer && answer.statements.map(({ operation }) => unpackOperation(operation).args),
  ).toEqual([[[{ $match: {} }, { $group: { _id: null } }]], [[]], [[]]])
})
