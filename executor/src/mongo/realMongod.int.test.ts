import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findMongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { runQuery, runScript } from '../testing/mongoBench.ts'
import { thisMachine } from '../testing/thisMachine.ts'
import { MongoConnection, type MongoTarget } from './connection.ts'

const { server, missing } = await findMongoServer({ replicaSet: 'portal' })
const skipped =
  missing ??
  (server?.product === 'mongodb' ? null : 'FerretDB has none of it; name a mongod by MONGODB_TEST_URL.')
const title =
  skipped === null ? 'what only a real mongod does' : `what only a real mongod does (skipped. ${skipped})`

/** Keeps one core busy for minutes, without JavaScript on the server. */
const slow = `db.orders.aggregate([{ $project: { n: { $sum: { $map: { input: { $range: [0, 100000] }, in: { $sum: { $range: [0, 10000] } } } } } } }])`

describe.skipIf(skipped !== null)(title, () => {
  let client: MongoClient
  let target: MongoTarget
  let setName: string
  const sandbox = new Sandbox({ keepSpare: false })

  beforeAll(async () => {
    const url = server?.url ?? ''
    client = new MongoClient(url)
    await client.connect()
    const hello = await client.db('admin').command({ hello: 1 })
    setName = String(hello['setName'] ?? '')
    target = {
      endpoint: { kind: 'uri', uri: url },
      database: 'portal_real',
      username: '',
      password: '',
      addresses: thisMachine,
    }
  })
  afterAll(async () => {
    await sandbox.close()
    await client.db('portal_real').dropDatabase()
    await client.close()
    await server?.stop()
  })
  beforeEach(async () => {
    const orders = client.db('portal_real').collection('orders')
    await orders.deleteMany({})
    await orders.insertMany([
      { _id: 1 as never, status: 'open' },
      { _id: 2 as never, status: 'closed' },
    ])
  })

  const running = async () => {
    const operations = client
      .db('admin')
      .aggregate([{ $currentOp: {} }, { $match: { appName: 'executor test' } }])
    return (await operations.toArray()).filter((operation) => operation['active'] === true)
  }

  test('distinct values, with their bound of time', async () => {
    const { outcome, rows } = await runQuery(target, 'db.orders.distinct("status")')
    expect(outcome).toEqual({ fate: 'executed' })
    expect(rows).toEqual([['"closed"'], ['"open"']])
  })

  test('the server itself ends a statement at its bound of time, and says so', async () => {
    const { outcome } = await runQuery(target, slow, { timeMs: 500 })
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: { code: 'MaxTimeMSExpired (50)' },
    })
    await expect.poll(running).toEqual([])
  })

  test('a query that is stopped is stopped on the server too', async () => {
    const stop = new AbortController()
    const report = runQuery(target, slow, {}, { signal: stop.signal })
    await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(1)
    stop.abort('cancelled')
    expect((await report).outcome).toMatchObject({ fate: 'failed', error: { code: 'CANCELLED' } })
    await expect.poll(running, { timeout: 10_000 }).toEqual([])
  })

  test('a script that is stopped leaves nothing running on the server', async () => {
    const stop = new AbortController()
    const source = `await ${slow.replace('db.orders', "db.collection('orders')")}.toArray()`
    const report = runScript(target, sandbox, source, { signal: stop.signal })
    await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(1)
    stop.abort('cancelled')
    expect((await report).outcome).toMatchObject({ fate: 'failed', error: { code: 'CANCELLED' } })
    await expect.poll(running, { timeout: 10_000 }).toEqual([])
  })

  test('a write that waits for the transaction of another is ended at its bound, and has no effects', async () => {
    const session = client.startSession()
    session.startTransaction()
    const orders = client.db('portal_real').collection('orders')
    await orders.updateOne({ _id: 1 as never }, { $set: { status: 'theirs' } }, { session })
    const { outcome } = await runQuery(
      target,
      'db.orders.updateOne({ _id: 1 }, { $set: { status: "ours" } })',
      { timeMs: 1000 },
    )
    await session.commitTransaction()
    await session.endSession()
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: { code: 'MaxTimeMSExpired (50)' },
    })
    expect((await orders.findOne({ _id: 1 as never }))?.['status']).toBe('theirs')
  })

  test('a replica set is reached by its name, by any of its members, and not by another name', async () => {
    expect(setName).not.toBe('')
    const { host } = new URL(server?.url ?? '')
    const within = (name: string) => ({
      ...target,
      endpoint: { kind: 'uri' as const, uri: `mongodb://127.0.0.1:1,${host}/?replicaSet=${name}` },
    })
    const { outcome, rows } = await runQuery(within(setName), 'db.orders.countDocuments({})')
    expect(outcome).toEqual({ fate: 'executed' })
    expect(rows).toEqual([['{"$numberInt":"2"}']])
    const other = await runQuery(within('another'), 'db.orders.countDocuments({})')
    expect(other.outcome).toMatchObject({
      fate: 'failed',
      effects: 'none',
      error: { code: 'TARGET_UNREACHABLE' },
    })
  })

  test('the session of a run is gone from the server when the run has ended', async () => {
    const connection = await MongoConnection.open(target, 3000, 'executor test')
    await connection.database.command({ ping: 1 }, { session: connection.session })
    const { id } = connection.session
    const sessions = async () =>
      (
        await client
          .db('admin')
          .aggregate([{ $listLocalSessions: { allUsers: true } }])
          .toArray()
      ).map(({ _id }) => String((_id as { id: unknown }).id))
    expect(await sessions()).toContain(String(id?.id))
    await connection.close()
    await expect.poll(sessions, { timeout: 10_000 }).not.toContain(String(id?.id))
  })
})
