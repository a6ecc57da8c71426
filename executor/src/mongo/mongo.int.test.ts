import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defaultExecutionLimits } from '@sre-portal/contracts'
import { findMongoServer, type MongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import { RowSpool } from '../results/rowSpool.ts'
import type { RunControl } from '../runControl.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { controlOf, runQuery, runScript } from '../testing/mongoBench.ts'
import { thisMachine } from '../testing/thisMachine.ts'
import type { MongoTarget } from './connection.ts'
import { runMongoQuery } from './queryRunner.ts'

const { server, missing } = await findMongoServer()
const title = server
  ? `MongoDB's protocol, answered by ${server.product}`
  : `MongoDB's protocol (skipped. ${missing})`

describe.skipIf(server === null)(title, () => {
  let client: MongoClient
  let target: MongoTarget
  const sandbox = new Sandbox({ keepSpare: false })

  beforeAll(async () => {
    const { url } = server as MongoServer
    client = new MongoClient(url)
    await client.connect()
    target = {
      endpoint: { kind: 'uri', uri: url },
      database: 'portal_test',
      username: '',
      password: '',
      addresses: thisMachine,
    }
  })
  afterAll(async () => {
    await sandbox.close()
    await client.db('portal_test').dropDatabase()
    await client.close()
    await server?.stop()
  })
  beforeEach(async () => {
    const orders = client.db('portal_test').collection('orders')
    await orders.deleteMany({})
    await orders.insertMany([
      { _id: 1 as never, status: 'open', total: 10.5 },
      { _id: 2 as never, status: 'closed', note: null },
      { _id: 3 as never, status: 'open', total: 7 },
    ])
  })

  const ids = async () =>
    (await client.db('portal_test').collection('orders').find().sort({ _id: 1 }).toArray()).map(({ _id }) =>
      Number(_id),
    )

  const query = (content: string, limits = {}, control: Partial<RunControl> = {}) =>
    runQuery(target, content, limits, control)
  const script = (source: string, control: Partial<RunControl> = {}) =>
    runScript(target, sandbox, source, control)

  test('what a script brings beside its rows is bounded, whatever the answers are called', async () => {
    const { outcome, head } = await script(`
      const name = (at) => 'f'.repeat(490) + at
      await db.orders.insertOne({ _id: 4, ...Object.fromEntries(Array.from({ length: 190 }, (_, at) => [name(at), 1])) })
      for (let count = 0; count < 250; count++) await db.orders.findOne({ _id: 4 })`)
    expect(outcome).toEqual({ fate: 'executed' })
    expect(head.statements).toHaveLength(251)
    expect(JSON.stringify(head).length).toBeLessThan(17 * 1024 * 1024)
    expect(head.notices).toEqual([expect.stringMatching(/columns for some fields of \d+ statements/)])
  })

  test('documents become rows of canonical Extended JSON, columns in the order they are seen', async () => {
    const { outcome, head, rows } = await query('db.orders.find({}).sort({ _id: 1 })')
    expect(outcome).toEqual({ fate: 'executed' })
    expect(head.statements[0]?.columns).toEqual([
      { name: '_id', type: 'int' },
      { name: 'status', type: 'string' },
      { name: 'total', type: 'mixed' },
      { name: 'note', type: 'null' },
    ])
    expect(rows).toEqual([
      ['{"$numberInt":"1"}', '"open"', '{"$numberDouble":"10.5"}'],
      ['{"$numberInt":"2"}', '"closed"', null, 'null'],
      ['{"$numberInt":"3"}', '"open"', '{"$numberInt":"7"}'],
    ])
  })

  test('reads the whole cursor, and cuts by rows', async () => {
    const documents = Array.from({ length: 500 }, (_, n) => ({ _id: (n + 10) as never }))
    await client.db('portal_test').collection('orders').insertMany(documents)
    const whole = await query('db.orders.find()')
    expect(whole.head.statements[0]).toMatchObject({ rowCount: 503, storedRows: 503, cutBy: null })
    const cut = await query('db.orders.find()', { maxRows: 100 })
    expect(cut.head.statements[0]).toMatchObject({ rowCount: null, storedRows: 100, cutBy: 'rows' })
  })

  test('counts, aggregates and commands', async () => {
    const { head, rows } = await query(`db.orders.countDocuments({ status: "open" });
      db.orders.aggregate([{ $match: { status: "open" } }, { $group: { _id: "$status", n: { $sum: 1 } } }]); db.runCommand({ ping: 1 })`)
    expect(head.error).toBeNull()
    expect(head.statements.map(({ outcome, storedRows }) => [outcome, storedRows])).toEqual([
      ['executed', 1],
      ['executed', 1],
      ['executed', 1],
    ])
    expect(rows.slice(0, 2)).toEqual([['{"$numberInt":"2"}'], ['"open"', '{"$numberInt":"2"}']])
  })

  test('writes tell what they changed, are recorded before they are sent, and stay when a later one fails', async () => {
    const { outcome, head, intents } =
      await query(`db.orders.insertOne({ _id: 4 }); db.orders.updateMany({ status: "open" }, { $set: { seen: true } });
      db.orders.insertOne({ _id: 4 }); db.orders.deleteMany({})`)
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'partial',
      error: { code: expect.stringContaining('11000') as string },
    })
    expect(head.statements.map((statement) => [statement.outcome, statement.affectedRows])).toEqual([
      ['executed', 1],
      ['executed', 2],
      ['failed', 0],
      ['not-executed', null],
    ])
    expect(intents.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2])
    expect(await ids()).toEqual([1, 2, 3, 4])
  })

  test('a write of one document that the server refused has no effects; one of many may have', async () => {
    const one = await query('db.orders.insertOne({ _id: 1 })')
    expect(one.outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: { code: 'DuplicateKey (11000)' },
    })
    const many = await query('db.orders.insertMany([{ _id: 8 }, { _id: 1 }])')
    expect(many.outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(many.head.statements[0]?.affectedRows).toBe(1)
    const caught = await script(`await db.collection('orders').insertOne({ _id: 1 })`)
    expect(caught.outcome).toMatchObject({ fate: 'failed', effects: 'none' })
    expect(await ids()).toEqual([1, 2, 3, 8])
  })

  test('nothing is sent that could not be recorded', async () => {
    const { outcome } = await query(
      'db.orders.deleteMany({})',
      {},
      { beforeStatement: () => Promise.reject(new Error('no')) },
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'none', error: { code: 'NOT_RECORDED' } })
    expect(await ids()).toEqual([1, 2, 3])
  })

  test('an unreachable server is told without its address', async () => {
    const spool = new RowSpool(defaultExecutionLimits)
    const endpoint = { kind: 'host' as const, host: '127.0.0.1', port: 1, tls: false }
    const job = {
      target: { ...target, endpoint },
      content: 'db.a.find()',
      limits: defaultExecutionLimits,
      connectTimeoutMs: 500,
      applicationName: 'x',
    }
    const { outcome } = await runMongoQuery(job, spool, controlOf())
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: { code: 'TARGET_UNREACHABLE', message: 'The database server refused the connection.' },
    })
  })

  test('an address of mongodb+srv whose records are nowhere is told in words', async () => {
    const endpoint = { kind: 'uri' as const, uri: 'mongodb+srv://cluster.invalid/?retryWrites=false' }
    const { outcome } = await runQuery({ ...target, endpoint }, 'db.a.find()')
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: {
        code: 'TARGET_UNREACHABLE',
        message: 'The name of the database server could not be resolved.',
      },
    })
  })

  test('a script works with collections, and every call of it is recorded as the shell would write it', async () => {
    const { outcome, head, returned, intents } = await script(`
      const orders = db.collection('orders')
      await orders.insertOne({ _id: 9, at: new Date(0), long: NumberLong('9007199254740993'), id: ObjectId('0123456789abcdef01234567'), tags: ['a', /b/i] })
      const found = await orders.findOne({ _id: 9 })
      const seen = []
      for await (const order of orders.find({ status: 'open' }).sort({ _id: -1 }).limit(5)) seen.push(order._id)
      const { modifiedCount } = await orders.updateOne({ _id: 1 }, { $set: { status: 'done' } })
      console.log('seen', seen)
      return { seen, modifiedCount, long: found.long, isDate: found.at instanceof Date, id: found.id, missing: await orders.findOne({ _id: 77 }), count: await orders.countDocuments({}) }`)
    expect(outcome).toEqual({ fate: 'executed' })
    expect(returned).toEqual({
      seen: [3, 1],
      modifiedCount: 1,
      long: '9007199254740993',
      isDate: true,
      id: '0123456789abcdef01234567',
      missing: null,
      count: 4,
    })
    expect(
      head.statements.map(({ command, outcome: fate, affectedRows }) => [command, fate, affectedRows]),
    ).toEqual([
      ['insertOne', 'executed', 1],
      ['findOne', 'executed', 0],
      ['find', 'executed', 0],
      ['updateOne', 'executed', 1],
      ['findOne', 'executed', 0],
      ['countDocuments', 'executed', 0],
    ])
    expect(intents[2]?.text).toBe(
      'db.getCollection("orders").find({ "status": "open" }).sort({ "_id": -1 }).limit(5)',
    )
  })

  test('a script is refused what runs JavaScript on the server, and hears of the errors of the database', async () => {
    const { returned, head } = await script(`
      const orders = db.collection('orders')
      const say = (work) => work.then(() => 'done', (error) => [error.name, error.code])
      return [await say(orders.find({ $where: 'true' }).toArray()), await say(orders.insertOne({ _id: 1 })), await say(db.command({ mapReduce: 'x' }))]`)
    expect(returned).toEqual([
      ['DatabaseError', 'REFUSED'],
      ['DatabaseError', expect.stringContaining('11000')],
      ['DatabaseError', 'REFUSED'],
    ])
    expect(head.statements.map((statement) => statement.outcome)).toEqual(['failed'])
  })

  describe('a large cursor', () => {
    const count = 12_000
    beforeAll(async () => {
      const filler = 'x'.repeat(600)
      const documents = Array.from({ length: count }, (_, n) => ({ _id: n as never, filler }))
      await client.db('portal_test').collection('large').insertMany(documents)
    })

    test('is read by a script document by document, and is one statement with all its rows', async () => {
      const { outcome, head, returned, intents } = await script(`
        let [documents, sum, length] = [0, 0, 0]
        for await (const { _id, filler } of db.collection('large').find({})) { documents += 1; sum += _id; length += filler.length }
        await db.collection('large').find({}).forEach(() => { documents += 1 })
        return { documents, sum, length }`)
      expect(outcome).toEqual({ fate: 'executed' })
      expect(returned).toEqual({ documents: 2 * count, sum: (count * (count - 1)) / 2, length: count * 600 })
      expect(
        head.statements.map(({ command, outcome: fate, rowCount, storedRows, cutBy }) => [
          command,
          fate,
          rowCount,
          storedRows,
          cutBy,
        ]),
      ).toEqual([
        ['find', 'executed', count, 10_000, 'rows'],
        ['find', 'executed', count, 0, 'rows'],
      ])
      expect(head.statements[0]?.columns.map(({ name }) => name)).toEqual(['_id', 'filler'])
      expect(intents.map(({ text }) => text)).toEqual([
        'db.getCollection("large").find({})',
        'db.getCollection("large").find({})',
      ])
    })

    test('is too large for an array, which is told with the way out', async () => {
      const { returned, head } = await script(
        `return db.collection('large').find({}).toArray().catch((error) => error.message)`,
      )
      expect(returned).toBe(
        'The documents take more than 4 MiB: read them one after the other (for await), or fewer of their fields.',
      )
      expect(head.statements[0]?.outcome).toBe('executed')
    })

    test('may be left at any time, and is let go of then; only so many are open at once', async () => {
      const { returned, head } = await script(`
        const large = db.collection('large')
        const first = []
        for (let n = 0; n < 20; n++) for await (const { _id } of large.find({ _id: { $gte: n } }).limit(300)) { first.push(_id >= n); break }
        const open = []
        for (let n = 0; n < 16; n++) { const reader = large.find({})[Symbol.asyncIterator](); await reader.next(); open.push(reader) }
        const refused = await large.find({})[Symbol.asyncIterator]().next().catch((error) => error.message)
        await open[3].return()
        const { done } = await large.find({})[Symbol.asyncIterator]().next()
        return { first, refused, done }`)
      expect(returned).toEqual({
        first: Array.from({ length: 20 }, () => true),
        refused: 'At most 16 cursors can be read at the same time: read one to its end first.',
        done: false,
      })
      expect(head.statements).toHaveLength(37)
      expect(new Set(head.statements.map(({ outcome }) => outcome))).toEqual(new Set(['executed']))
      expect(head.statements[0]?.rowCount).toBe(100)
    })

    test('of an operation that the server refuses fails as its statement', async () => {
      const { returned, head } = await script(`
        try { for await (const _ of db.collection('large').find({ _id: { $in: 1 } })) return 'found' } catch (error) { return error.name }`)
      expect(returned).toBe('DatabaseError')
      expect(head.statements.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
        ['failed', expect.stringMatching(/BadValue|2/) as string],
      ])
    })
  })

  test('what a failed script did stays and is told as partial', async () => {
    const { outcome } = await script(
      `await db.collection('orders').deleteOne({ _id: 1 }); throw new Error('no')`,
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await ids()).toEqual([2, 3])
  })
})
