import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MongoClient } from 'mongodb'
import { TestPortal, type TestRequest } from '@sre-portal/executor/testing/portal'
import { findMongoServer, type MongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import { ExecutorProcess } from './executorProcess.ts'
import { TcpProxy } from './tcpProxy.ts'

const timeout = 120_000
const patience = { timeout: 60_000, interval: 50 }
const ends = ['RequestExecuted', 'RequestFailed', 'ExecutionOutcomeUnknown']
const endings = ['EXECUTED', 'FAILED', 'UNKNOWN']
const database = 'killed'

// A server that is given by its address is not ours to kill.
const given = process.env['MONGODB_TEST_URL']
const first = given
  ? { server: null, missing: 'The server of MONGODB_TEST_URL is not killed.' }
  : await findMongoServer()
const title = first.server
  ? `a ${first.server.product} that is killed while the executor has a run on it`
  : `a MongoDB that is killed while the executor has a run on it (skipped. ${first.missing})`

describe.skipIf(first.server === null)(title, () => {
  let portal: TestPortal
  let executor: ExecutorProcess
  let server: MongoServer
  let proxy: TcpProxy
  /** Looks at the server past the executor. */
  let judge: MongoClient
  let next = first.server

  beforeAll(async () => {
    portal = await TestPortal.open()
    executor = ExecutorProcess.start(portal)
    await executor.ready
  }, timeout)
  beforeEach(async () => {
    const found = next ?? (await findMongoServer()).server
    next = null
    if (!found) throw new Error('There was a MongoDB server before, and none now.')
    server = found
    const { hostname: host, port } = new URL(server.url)
    proxy = await TcpProxy.open({ host, port: Number(port) })
    judge = await new MongoClient(server.url).connect()
    await portal.registerMongo(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, database)
  }, timeout)
  afterEach(async () => {
    await judge.close()
    await proxy.close()
    await server.stop()
  })
  afterAll(async () => {
    await executor.kill()
    await portal.close()
  })

  const marks = () => judge.db(database).collection<{ _id: string }>('marks')
  const isMarked = async (mark: string) => (await marks().countDocuments({ _id: mark })) === 1
  const kill = () => server.signal?.('SIGKILL')
  const run = (content: string, more: Partial<TestRequest> = {}) =>
    portal.approved({ engine: 'mongodb', content, ...more })
  const script = (content: string) =>
    run(`const marks = db.collection('marks'); ${content}`, { kind: 'script' })

  async function outcomeOf(requestId: string) {
    const status = async () => (await portal.request(requestId)).status
    await expect
      .poll(async () => endings.includes(await status()), { ...patience, message: executor.output })
      .toBe(true)
    const { execution } = await portal.request(requestId)
    return [await status(), execution?.effects]
  }

  /** One end, and an executor that does the next work; what goes to the dead server is told as not having reached it. */
  async function expectLivesOn(requestId: string): Promise<void> {
    const types = (await portal.events(requestId)).map(({ type }) => type)
    expect(types.filter((type) => ends.includes(type))).toHaveLength(1)
    expect(await outcomeOf(await run('db.marks.insertOne({ _id: "late" })'))).toEqual(['FAILED', 'none'])
    expect(await outcomeOf(await portal.approved({ content: 'select 1' }))).toEqual(['EXECUTED', null])
    expect(executor.isRunning, executor.output).toBe(true)
  }

  // It asks on as long as the test needs.
  const asksOn = `for (;;) { await marks.findOne({ _id: 'first' }); await new Promise((done) => setTimeout(done, 5)) }`

  test('between two statements of a script: what it had written is told as kept', { timeout }, async () => {
    const request = await script(`await marks.insertOne({ _id: 'first' }); ${asksOn}`)
    await expect.poll(() => isMarked('first'), patience).toBe(true)
    kill()
    expect(await outcomeOf(request)).toEqual(['FAILED', 'partial'])
    await expectLivesOn(request)
  })

  const writes: [words: string, begin: () => Promise<string>][] = [
    ['a query', () => run(`db.marks.insertOne({ _id: "mark" }); db.marks.insertOne({ _id: "after" })`)],
    ['a script', () => script(`await marks.insertOne({ _id: 'mark' })`)],
    [
      'a script that goes on',
      () => script(`try { await marks.insertOne({ _id: 'mark' }) } catch { return 'went on' }`),
    ],
  ]

  test.each(writes)(
    'after a write of %s was done and before its answer came: nobody knows, and it is told so',
    { timeout },
    async (_words, begin) => {
      proxy.beforePassing('mark\0', () => void proxy.disturb('mute'))
      const request = await begin()
      await expect.poll(() => isMarked('mark'), patience).toBe(true)
      kill()
      expect((await outcomeOf(request))[0]).toBe('UNKNOWN')
      await proxy.mend()
      await expectLivesOn(request)
    },
  )

  test.each(writes)(
    'frozen before it did a write of %s: nobody knows either',
    { timeout },
    async (_words, begin) => {
      const frozen = new Promise<void>((resolve) => {
        proxy.beforePassing('mark\0', () => {
          server.signal?.('SIGSTOP')
          resolve()
        })
      })
      const request = await begin()
      await frozen
      kill()
      expect((await outcomeOf(request))[0]).toBe('UNKNOWN')
      await expectLivesOn(request)
    },
  )

  test('with a read under way: nothing was changed', { timeout }, async () => {
    const sought = new Promise<void>((resolve) => {
      proxy.beforePassing('sought\0', () => {
        void proxy.disturb('mute')
        resolve()
      })
    })
    const request = await run('db.marks.find({ _id: "sought" })')
    await sought
    kill()
    expect(await outcomeOf(request)).toEqual(['FAILED', 'none'])
    await proxy.mend()
    await expectLivesOn(request)
  })
})
