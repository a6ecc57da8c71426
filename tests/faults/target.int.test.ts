import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ScriptSandbox } from '@sre-portal/executor/sandbox/scriptSandbox'
import { startInProcess } from '@sre-portal/executor/testing/inProcess'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import type { Executor } from '@sre-portal/executor/app'
import { TargetServer, targetDatabase } from '../soak/targetServer.ts'
import type { MarkedRequest } from './history.ts'
import { checkAll } from './invariants.ts'
import {
  approveMarked,
  mongoKinds,
  postgresKinds,
  prepareMarks,
  requestOf,
  type Kind,
} from './markedRequests.ts'
import { openMongoMarks } from './mongoMarks.ts'
import { TcpProxy, type ProxyMode } from './tcpProxy.ts'

const { mongo, missing } = await openMongoMarks()
const timeout = 60_000
const patience = { timeout: 45_000, interval: 50 }
const ended = ['EXECUTED', 'FAILED', 'UNKNOWN', 'CANCELLED']
// The executor waits 3 s for a connection; the rest is for a machine that is busy with other tests.
const longestConnectMs = 10_000

let portal: TestPortal
let sandbox: ScriptSandbox
let executor: Executor
/** Called at each step of every run. */
let atStep: (place: string) => void = () => undefined
const requests: MarkedRequest[] = []

beforeAll(async () => {
  portal = await TestPortal.open()
  await prepareMarks(portal)
  sandbox = new ScriptSandbox({ jitless: true })
  // Its test of itself takes longer than a script that can't connect.
  expect(await sandbox.refusal()).toBeNull()
  executor = await startInProcess(portal, { sandbox, failpoint: (place) => atStep(place) })
})
afterEach(() => {
  atStep = () => undefined
})
afterAll(async () => {
  await executor.stop()
  await sandbox.close()
  await portal.close()
  await mongo?.close()
})

async function outcomeOf(requestId: string) {
  await expect.poll(async () => ended.includes((await portal.request(requestId)).status), patience).toBe(true)
  return portal.request(requestId)
}

describe('a target that can not be reached', () => {
  let toPostgres: TcpProxy
  let toMongo: TcpProxy | null = null
  beforeAll(async () => {
    const { hostname, port } = portal.targetUrl
    toPostgres = await TcpProxy.open({ host: hostname, port: Number(port) })
    await portal.registerPostgres({ host: '127.0.0.1', port: toPostgres.port }, portal.targetLogin)
    if (!mongo) return
    const server = new URL(mongo.url)
    toMongo = await TcpProxy.open({ host: server.hostname, port: Number(server.port) })
    await portal.registerMongo(`mongodb://127.0.0.1:${toMongo.port}/?directConnection=true`, mongo.database)
  })
  afterAll(async () => {
    await toPostgres.close()
    await toMongo?.close()
  })

  const modes: [words: string, mode: Exclude<ProxyMode, 'open'>][] = [
    ['refuses connections', 'closed'],
    ['swallows everything', 'blackhole'],
    ['resets connections', 'reset'],
    ['takes for ever to shake hands', 'trickle'],
  ]
  const kinds: Kind[] = ['query', 'script', ...(mongo ? mongoKinds : [])]

  test.each(modes)(
    'that %s: whatever runs there fails in time, has done nothing, and is not tried again',
    { timeout },
    async (_words, mode) => {
      const proxies = [toPostgres, ...(toMongo ? [toMongo] : [])]
      for (const proxy of proxies) await proxy.disturb(mode)
      const failing = await Promise.all(kinds.map((kind) => approveMarked(portal, kind)))
      requests.push(...failing)
      for (const { requestId } of failing) {
        const { status, execution } = await outcomeOf(requestId)
        const { code, ...words } = execution?.error ?? { code: null }
        expect([status, code, execution?.effects]).toEqual(['FAILED', 'TARGET_UNREACHABLE', 'none'])
        expect(JSON.stringify(words)).not.toContain(portal.targetLogin.password)
        const tookMs = Date.parse(execution?.finishedAt ?? '') - Date.parse(execution?.startedAt ?? '')
        expect(tookMs).toBeLessThan(longestConnectMs)
      }
      for (const proxy of proxies) await proxy.mend()
      const later = await Promise.all(kinds.map((kind) => approveMarked(portal, kind)))
      requests.push(...later)
      for (const { requestId } of later) expect((await outcomeOf(requestId)).status).toBe('EXECUTED')
      for (const { requestId } of failing) expect((await portal.request(requestId)).status).toBe('FAILED')
      expect(await checkAll(portal, requests, await mongo?.marks())).toEqual([])
    },
  )

  // These cases need a MongoDB; where none can be had, the summary counts them as one skipped test that says how to get one.
  if (missing !== null) test.skip(`that is a MongoDB (skipped. ${missing})`, () => {})
})

describe('a target that dies in the middle', () => {
  let server: TargetServer
  let proxy: TcpProxy
  beforeAll(async () => {
    server = await TargetServer.open()
    proxy = await TcpProxy.open({ host: '127.0.0.1', port: server.port })
    const { user: username, password } = server.login
    const login = { database: targetDatabase, username, password }
    await portal.registerPostgres({ host: '127.0.0.1', port: proxy.port }, login)
  })
  afterAll(async () => {
    await proxy.close()
    await server.close()
  })

  const mine: MarkedRequest[] = []
  const noMarksElsewhere = () => portal.target.query('truncate marks')
  const check = async () => {
    await noMarksElsewhere()
    return checkAll(portal, mine, await server.marks())
  }

  /** Approves a request that sleeps once it has left its mark; resolves when it sleeps. */
  async function asleep(kind: Kind): Promise<MarkedRequest> {
    const mark = `asleep-${mine.length}/1`
    const request = requestOf(kind, mark)
    const insert = `insert into marks (text) values ('${mark}')`
    const content =
      kind === 'query'
        ? `${insert}; select pg_sleep(20)`
        : `await db.query("${insert}"); await db.query("select pg_sleep(20)")`
    const marked = { requestId: await portal.approved({ ...request, content }), marks: [mark] }
    mine.push(marked)
    const sleeping = `select from pg_stat_activity where query like '%pg_sleep(20)%' and pid <> pg_backend_pid()`
    await expect
      .poll(() => server.ask(async (client) => (await client.query(sleeping)).rowCount), patience)
      .toBe(1)
    return marked
  }

  type Told = [status: string, effects: string]
  // What was committed by itself stays. What ran was a read, which leaves nothing however the server ends: it runs READ ONLY.
  const deaths: [words: string, ofEachByItself: Told, die: () => Promise<void>][] = [
    ['whose session is ended', ['FAILED', 'partial'], () => server.terminateSessions()],
    [
      'whose server is stopped at once',
      ['FAILED', 'partial'],
      async () => {
        await server.crash()
        await server.start()
      },
    ],
  ]
  const cases = deaths.flatMap(([words, told, die]) =>
    postgresKinds.map((kind) => [kind, words, told, die] as const),
  )

  test.each(cases)(
    '%s, %s: it is told what was kept',
    { timeout },
    async (kind, _words, ofEachByItself, die) => {
      const request = await asleep(kind)
      await die()
      const { status, execution } = await outcomeOf(request.requestId)
      const isAlone = kind === 'script, each statement by itself'
      expect([status, execution?.effects]).toEqual(isAlone ? ofEachByItself : ['FAILED', 'rolled-back'])
      const kept = (await server.marks()).filter(({ text }) => request.marks.includes(text))
      expect(kept).toHaveLength(isAlone ? 1 : 0)
      expect(await check()).toEqual([])
    },
  )

  test.each(['before-commit', 'after-commit'])(
    'at %s: the server itself says what became of it, once it is back',
    { timeout },
    async (place) => {
      const crashes: Promise<void>[] = []
      atStep = (step) => {
        if (step === place && crashes.length === 0) crashes.push(server.crash())
      }
      const request = await approveMarked(portal, 'query')
      mine.push(request)
      await expect.poll(() => crashes.length, patience).toBe(1)
      await Promise.all(crashes)
      await server.start()
      const { status } = await outcomeOf(request.requestId)
      const kept = (await server.marks()).filter(({ text }) => request.marks.includes(text))
      expect([status, kept.length]).toEqual(kept.length === 1 ? ['EXECUTED', 1] : ['FAILED', 0])
      expect(await check()).toEqual([])
    },
  )

  test('when the answer to COMMIT is swallowed and the way there is cut: it is asked once there is one again', async () => {
    let isMute = false
    atStep = (step) => {
      if (step !== 'before-commit' || isMute) return
      isMute = true
      void proxy.disturb('mute')
    }
    const request = await approveMarked(portal, 'query')
    mine.push(request)
    const isKept = async () => (await server.marks()).some(({ text }) => request.marks.includes(text))
    await expect.poll(isKept, patience).toBe(true)
    await proxy.disturb('closed')
    expect((await portal.request(request.requestId)).status).toBe('EXECUTING')
    await proxy.mend()
    expect((await outcomeOf(request.requestId)).status).toBe('EXECUTED')
    expect(await check()).toEqual([])
  })
})
