import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunControl } from '@sre-portal/executor/runControl'
import { Sandbox } from '@sre-portal/executor/sandbox/sandbox'
import { runQuery, runScript } from '@sre-portal/executor/testing/mongoBench'
import { mongoPlace, type MongoPlace } from '@sre-portal/executor/testing/mongoPlace'
import { findMongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import { TcpProxy } from './tcpProxy.ts'

const { server, missing } = await findMongoServer()
const title = server
  ? `what ${server.product} answered decides the outcome`
  : `what MongoDB answered decides the outcome (skipped. ${missing})`

describe.skipIf(server === null)(title, () => {
  let place: MongoPlace
  let proxy: TcpProxy
  const sandbox = new Sandbox({ keepSpare: false })
  beforeAll(async () => {
    if (server) place = await mongoPlace(server, 'portal_outcomes')
  })
  beforeEach(async () => {
    await place.collection('c').deleteMany({})
    await place.collection('c').insertMany([1, 2, 3].map((_id) => ({ _id: _id as never, n: 1 })))
    const { hostname, port } = new URL(server?.url ?? '')
    proxy = await TcpProxy.open({ host: hostname, port: Number(port) })
    return () => proxy.close()
  })
  afterAll(async () => {
    await sandbox.close()
    await place.close()
  })

  const through = () => ({
    ...place.target,
    endpoint: { kind: 'uri' as const, uri: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true` },
  })
  const query = (content: string, control: Partial<RunControl> = {}) =>
    runQuery(through(), content, { timeMs: 30_000 }, control)
  const script = (source: string, control: Partial<RunControl> = {}) =>
    runScript(through(), sandbox, source, control)
  const ids = async () =>
    (await place.collection('c').find().sort({ _id: 1 }).toArray()).map(({ _id }) => Number(_id))

  /** Disturbs the connection right before a statement is sent. */
  const before = (ordinal: number, disturb: () => Promise<void> | void): Partial<RunControl> => ({
    beforeStatement: async (intent) => {
      if (intent.ordinal === ordinal) await disturb()
    },
  })
  /** The target takes what is sent and does it; its answer is swallowed, and then the connection breaks. */
  const swallowed = (ordinal: number, done: () => Promise<boolean>) =>
    before(ordinal, async () => {
      await proxy.disturb('mute')
      void expect
        .poll(done, { timeout: 20_000 })
        .toBe(true)
        .finally(() => proxy.disturb('cut'))
    })

  test.each([
    ['db.c.find({ _id: { $in: 5 } })', 'none', 0, [1, 2, 3]],
    ['db.c.insertOne({ _id: 1 })', 'none', 0, [1, 2, 3]],
    ['db.c.updateMany({}, { a: 1 })', 'none', undefined, [1, 2, 3]],
    ['db.c.dropIndex("missing")', 'none', 0, [1, 2, 3]],
    ['db.c.insertMany([{ _id: 1 }, { _id: 4 }])', 'none', 0, [1, 2, 3]],
    ['db.c.insertMany([{ _id: 4 }, { _id: 1 }, { _id: 5 }])', 'partial', 1, [1, 2, 3, 4]],
    [
      'db.c.insertMany([{ _id: 4 }, { _id: 1 }, { _id: 5 }], { ordered: false })',
      'partial',
      2,
      [1, 2, 3, 4, 5],
    ],
    ['db.runCommand({ insert: "c", documents: [{ _id: 4 }, { _id: 1 }] })', 'partial', 1, [1, 2, 3, 4]],
    ['db.runCommand({ insert: "c", documents: [{ _id: 1 }] })', 'none', 0, [1, 2, 3]],
    ['db.c.updateMany({}, { $inc: { n: "x" } })', 'partial', null, [1, 2, 3]],
    ['db.c.deleteOne({ _id: 3 }); db.c.insertOne({ _id: 1 })', 'partial', 1, [1, 2]],
  ])('%s is refused, with effects: %s', async (content, effects, affected, kept) => {
    const { outcome, head } = await query(content)
    expect(outcome).toMatchObject({ fate: 'failed', effects })
    expect(head.statements[0]?.affectedRows).toBe(affected)
    expect(await ids()).toEqual(kept)
  })

  test('writes of several that fail in part are told with their counts and each refused one', async () => {
    const writes = `[{ updateMany: { filter: {}, update: { $set: { n: 2 } } } }, { deleteOne: { filter: { _id: 3 } } },
      { insertOne: { document: { _id: 1 } } }, { insertOne: { document: { _id: 9 } } }]`
    const { outcome, head } = await query(`db.c.bulkWrite(${writes})`)
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'partial',
      error: { code: 'DuplicateKey (11000)' },
    })
    expect(head.statements[0]).toMatchObject({
      affectedRows: 4,
      error: {
        detail: expect.stringMatching(
          /^Done all the same: 0 inserted, 3 matched, 3 modified, 1 deleted, 0 upserted\.\nWrite 2 \(insertOne\): .*/,
        ) as string,
      },
    })
    expect(await ids()).toEqual([1, 2])
  })

  test('unordered ones go on, and every refused one is told', async () => {
    const { head } = await query(
      `db.c.bulkWrite([{ insertOne: { document: { _id: 1 } } }, { insertOne: { document: { _id: 4 } } }, { insertOne: { document: { _id: 2 } } }], { ordered: false })`,
    )
    expect(head.statements[0]?.affectedRows).toBe(1)
    expect(head.statements[0]?.error?.detail).toMatch(
      /^Done all the same: 1 inserted.*\nWrite 0 \(insertOne\): .*\nWrite 2 \(insertOne\): /,
    )
    expect(await ids()).toEqual([1, 2, 3, 4])
  })

  test("a script's catch hears of the same, and going on is executed", async () => {
    const { outcome, returned } = await script(`
      try { await db.c.insertMany([{ _id: 4 }, { _id: 1 }, { _id: 5 }]) }
      catch (error) { return { name: error.name, code: error.code, detail: error.detail } }`)
    expect(outcome).toEqual({ fate: 'executed' })
    expect(returned).toMatchObject({
      name: 'DatabaseError',
      code: 'DuplicateKey (11000)',
      detail: expect.stringMatching(/^Done all the same: 1 inserted.*\nWrite 1 \(insertOne\)/) as string,
    })
    expect(await ids()).toEqual([1, 2, 3, 4])
  })

  test.each([
    ['insertOne({ _id: 4 })', [1, 2, 3, 4]],
    ['insertMany([{ _id: 4 }, { _id: 5 }])', [1, 2, 3, 4, 5]],
    ['bulkWrite([{ insertOne: { document: { _id: 4 } } }])', [1, 2, 3, 4]],
    ['deleteMany({ _id: { $gt: 1 } })', [1]],
  ])('%s whose answer is lost is unknown, in a query and in a script that goes on', async (call, kept) => {
    const done = async () => (await ids()).length === kept.length
    const asked = await query(`db.c.${call}`, swallowed(0, done))
    expect(asked.outcome).toMatchObject({ fate: 'unknown', transactionId: null })
    expect(asked.head.statements[0]?.affectedRows).toBeNull()
    expect(await ids()).toEqual(kept)
  })

  test('a script that goes on after a lost answer is unknown all the same', async () => {
    const done = async () => (await ids()).length === 5
    const { outcome } = await script(
      `try { await db.c.insertMany([{ _id: 4 }, { _id: 5 }]) } catch { return 'went on' }`,
      swallowed(0, done),
    )
    expect(outcome).toMatchObject({ fate: 'unknown' })
  })

  test('a read whose answer is lost changed nothing', async () => {
    const control = before(0, async () => proxy.disturb('cut'))
    const { outcome } = await query('db.c.find({})', control)
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'none' })
  })

  test('a write that may not have arrived is unknown too; one after it is not sent', async () => {
    const stop = new AbortController()
    const control = {
      signal: stop.signal,
      ...before(1, async () => {
        await proxy.disturb('blackhole')
        stop.abort('time')
      }),
    }
    const { outcome, head } = await query(
      'db.c.deleteOne({ _id: 3 }); db.c.insertOne({ _id: 4 }); db.c.deleteMany({})',
      control,
    )
    expect(outcome).toMatchObject({ fate: 'unknown' })
    expect(head.statements.map((statement) => statement.outcome)).toEqual([
      'executed',
      'failed',
      'not-executed',
    ])
    expect(await ids()).toEqual([1, 2])
  })

  test('a frozen server is unknown at the limit of time; woken, it may have done it', async () => {
    const signal = server?.signal
    if (!signal) return expect(process.env['MONGODB_TEST_URL']).toBeDefined()
    const stop = new AbortController()
    const control = {
      signal: stop.signal,
      ...before(0, () => {
        signal('SIGSTOP')
        stop.abort('time')
      }),
    }
    try {
      const { outcome } = await query('db.c.insertOne({ _id: 4 })', control)
      expect(outcome).toMatchObject({ fate: 'unknown' })
    } finally {
      signal('SIGCONT')
    }
    expect([3, 4]).toContain((await ids()).length)
  })

  test('a killed server is unknown for a write, and nothing for a read', async () => {
    const own = (await findMongoServer()).server
    if (!own?.signal) return expect(process.env['MONGODB_TEST_URL']).toBeDefined()
    const { signal, url } = own
    const target = { ...place.target, endpoint: { kind: 'uri' as const, uri: url } }
    try {
      const { outcome } = await runQuery(
        target,
        'db.c.insertOne({ _id: 4 })',
        {},
        before(0, () => signal('SIGKILL')),
      )
      expect(outcome).toMatchObject({ fate: 'unknown' })
      const after = await runQuery(target, 'db.c.insertOne({ _id: 5 })')
      expect(after.outcome).toMatchObject({
        fate: 'failed',
        effects: 'none',
        error: { code: 'TARGET_UNREACHABLE' },
      })
    } finally {
      await own.stop()
    }
  })
})
