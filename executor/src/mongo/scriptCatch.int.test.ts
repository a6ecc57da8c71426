import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findMongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { runScript } from '../testing/mongoBench.ts'
import { mongoPlace, type MongoPlace } from '../testing/mongoPlace.ts'

const { server, missing } = await findMongoServer()
const title = server
  ? `what a script's catch gets, answered by ${server.product}`
  : `what a script's catch gets (skipped. ${missing})`

describe.skipIf(server === null)(title, () => {
  let place: MongoPlace
  const sandbox = new Sandbox({ keepSpare: false })
  beforeAll(async () => {
    if (server) place = await mongoPlace(server, 'portal_catch')
  })
  afterAll(async () => {
    await sandbox.close()
    await place.close()
  })
  beforeEach(async () => {
    const orders = place.collection('orders')
    await orders.deleteMany({})
    await orders.insertMany([1, 2, 3, 4].map((id) => ({ _id: id as never, status: 'open' })))
  })

  /** What is left of the error of a call that fails, as the script itself sees it. */
  const caught = async (call: string) => {
    const { returned, outcome } = await runScript(
      place.target,
      sandbox,
      `try { await ${call}; return 'it did not fail' } catch (error) {
         return { isError: error instanceof Error, name: error.name, code: error.code, message: error.message,
           result: error.result ?? null, writeErrors: error.writeErrors ?? null }
       }`,
    )
    expect(outcome).toEqual({ fate: 'executed' })
    return returned
  }
  const counts = (more: object) => ({
    insertedCount: 0,
    matchedCount: 0,
    modifiedCount: 0,
    deletedCount: 0,
    upsertedCount: 0,
    ...more,
  })
  const duplicate = (index: number) => ({
    index,
    code: 11_000,
    kind: 'insertOne',
    message: expect.stringMatching(/duplicate/i) as unknown,
  })

  test('the counts of an ordered bulkWrite that ended at its third write, and that write', async () => {
    expect(
      await caught(`db.orders.bulkWrite([
        { updateMany: { filter: { _id: { $lte: 3 } }, update: { $set: { status: 'closed' } } } },
        { deleteOne: { filter: { _id: 4 } } },
        { insertOne: { document: { _id: 1 } } },
        { insertOne: { document: { _id: 9 } } }])`),
    ).toMatchObject({
      isError: true,
      code: 'DuplicateKey (11000)',
      result: counts({ matchedCount: 3, modifiedCount: 3, deletedCount: 1 }),
      writeErrors: [duplicate(2)],
    })
  })

  test('every refused write of an unordered one', async () => {
    expect(
      await caught(`db.orders.bulkWrite([
        { insertOne: { document: { _id: 1 } } }, { insertOne: { document: { _id: 8 } } },
        { insertOne: { document: { _id: 2 } } }, { insertOne: { document: { _id: 9 } } }], { ordered: false })`),
    ).toMatchObject({ result: counts({ insertedCount: 2 }), writeErrors: [duplicate(0), duplicate(2)] })
  })

  test('the same of insertMany, ordered and not', async () => {
    expect(await caught(`db.orders.insertMany([{ _id: 5 }, { _id: 1 }, { _id: 6 }])`)).toMatchObject({
      result: counts({ insertedCount: 1 }),
      writeErrors: [duplicate(1)],
    })
    expect(
      await caught(`db.orders.insertMany([{ _id: 1 }, { _id: 7 }, { _id: 2 }], { ordered: false })`),
    ).toMatchObject({
      result: counts({ insertedCount: 1 }),
      writeErrors: [duplicate(0), duplicate(2)],
    })
  })

  test('the same of a write command', async () => {
    expect(
      await caught(`db.runCommand({ insert: 'orders', documents: [{ _id: 10 }, { _id: 1 }] })`),
    ).toMatchObject({
      result: counts({ insertedCount: 1 }),
      writeErrors: [{ index: 1, code: 11_000, kind: 'insert' }],
    })
  })

  test('no counts where only one document was to be written', async () => {
    expect(await caught(`db.orders.insertOne({ _id: 1 })`)).toMatchObject({
      code: 'DuplicateKey (11000)',
      result: null,
      writeErrors: null,
    })
  })

  test('and goes on by them: what was refused is written under another id', async () => {
    const { returned } = await runScript(
      place.target,
      sandbox,
      `const documents = [{ _id: 1 }, { _id: 11 }, { _id: 2 }]
       try { await db.orders.insertMany(documents, { ordered: false }) } catch (error) {
         for (const { index } of error.writeErrors) await db.orders.insertOne({ _id: 100 + documents[index]._id })
         return error.result.insertedCount + error.writeErrors.length
       }`,
    )
    expect(returned).toBe(3)
    const ids = await place.collection('orders').find().sort({ _id: 1 }).toArray()
    expect(ids.map(({ _id }) => Number(_id))).toEqual([1, 2, 3, 4, 11, 101, 102])
  })
})
