import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir, platform } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultExecutionLimits } from '@sre-portal/contracts'
import { testDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { PostgresScriptDatabase } from '../postgres/scriptDatabase.ts'
import { PostgresSession } from '../postgres/session.ts'
import { stopSessionOn } from '../postgres/stopSession.ts'
import { RowSpool } from '../results/rowSpool.ts'
import { CanaryPlace } from '../testing/canaryPlace.ts'
import { isAlive, watchTree } from '../testing/processTree.ts'
import { thisMachine } from '../testing/thisMachine.ts'
import { Sandbox } from './sandbox.ts'
import { runScript } from './scriptRun.ts'

const corpus = fileURLToPath(new URL('../../../tests/sandbox-attacks/', import.meta.url))
const prelude = readFileSync(join(corpus, 'prelude.js'), 'utf8')
const names = readdirSync(corpus).filter((name) => name.endsWith('.js') && name !== 'prelude.js')
// Those that must come to an end get the time for it on a busy machine, the others are stopped sooner.
const wallMsOf = (source: string) => (source.includes('// outcome: executed') ? 15_000 : 2500)
const maxTreeKibibytes = 512 * 1024
const maxExecutorGrowth = 150 * 1024 * 1024
const confessions = /\b(ESCAPED|FORGED|LOADED|PRESENT|CHANGED|ADAPTER)\b/
const limits = { ...defaultExecutionLimits, timeMs: 15_000, maxStatements: 2000 }
const caches = [
  join(homedir(), '.cache', 'deno'),
  join(homedir(), '.deno'),
  join(homedir(), '.local', 'share', 'deno'),
]

describe.skipIf(platform() !== 'linux')(
  'the corpus of hostile scripts (the evidence is read from /proc, so on Linux only)',
  () => {
    let database: Awaited<ReturnType<typeof testDatabase>>
    let admin: pg.Client
    let place: CanaryPlace
    let sandbox: Sandbox
    const cachesBefore = caches.map((path) => (existsSync(path) ? statSync(path).mtimeMs : null))

    beforeAll(async () => {
      place = await CanaryPlace.open()
      process.env['SANDBOX_CANARY'] = place.canary
      sandbox = new Sandbox({ keepSpare: false })
      database = await testDatabase()
      admin = new pg.Client({ connectionString: database.url })
      await admin.connect()
      await admin.query('create table victims (n int); insert into victims values (1)')
    })
    afterAll(async () => {
      delete process.env['SANDBOX_CANARY']
      await sandbox.close()
      place.close()
      await admin.end()
      await database.drop()
    })

    const open = () => {
      const url = new URL(database.url)
      const options = {
        tls: false,
        host: url.hostname,
        port: Number(url.port),
        database: url.pathname.slice(1),
        username: decodeURIComponent(url.username),
        password: decodeURIComponent(url.password),
      }
      const bounds = {
        connectTimeoutMs: 5000,
        statementTimeoutMs: 15_000,
        lockTimeoutMs: 5000,
        addresses: thisMachine,
      }
      return PostgresSession.open(options, bounds, 'corpus').then((session) => ({
        session,
        target: options,
        bounds,
      }))
    }

    async function attack(source: string) {
      const connection = await open()
      const stop = new AbortController()
      const stopping = stopSessionOn(stop.signal, connection.session)
      const child = sandbox.take()
      const watched = watchTree(child.pid ?? 0)
      const timer = setTimeout(() => stop.abort('time'), wallMsOf(source))
      const control = {
        signal: stop.signal,
        beforeKeeping: () => Promise.resolve(),
        beforeCommit: () => Promise.resolve(),
        beforeStatement: () => Promise.resolve(),
        reached: () => undefined,
      }
      try {
        const db = new PostgresScriptDatabase({
          ...connection,
          mode: 'single',
          spool: new RowSpool(limits),
          control,
        })
        const report = await runScript(
          { source: place.fill(`${prelude}${source}`), params: {}, limits },
          child,
          db,
          stop.signal,
        )
        return { report, end: await child.closed, pid: child.pid ?? 0, traces: watched.traces }
      } finally {
        clearTimeout(timer)
        watched.stop()
        await stopping.settle({ fate: 'executed' })
        await connection.session.close()
      }
    }

    test.concurrent.for(names)('%s is contained', { timeout: 60_000 }, async (name) => {
      const source = readFileSync(join(corpus, name), 'utf8')
      const rssBefore = process.memoryUsage().rss
      const runs = [await attack(source)]
      if (source.includes('// category: persistence')) runs.push(await attack(source))
      for (const { report, end, pid, traces } of runs) {
        const everything = JSON.stringify(report) + end.errorText
        expect(everything).not.toContain(place.canary)
        expect(report.head.returned ?? '').not.toMatch(confessions)
        expect(traces.peakKibibytes).toBeLessThan(maxTreeKibibytes)
        expect([...traces.descendants]).toEqual([])
        expect([...traces.sockets]).toEqual([])
        expect(isAlive(pid)).toBe(false)
        const outcome = /^\/\/ outcome: (\w+)$/m.exec(source)?.[1] ?? 'any'
        if (outcome !== 'any')
          expect([name, report.outcome.fate, report.head.error]).toEqual([
            name,
            outcome,
            outcome === 'executed' ? null : expect.anything(),
          ])
      }
      expect(runs.at(1)?.report.head.returned ?? '').not.toContain('XRUN-MARK')
      expect(place.traces()).toEqual([])
      expect(process.memoryUsage().rss - rssBefore).toBeLessThan(maxExecutorGrowth)
    })

    test('no script changed the database, or left a session behind', async () => {
      expect((await admin.query('select n from victims')).rows).toEqual([{ n: 1 }])
      const sessions = `select 1 from pg_stat_activity where application_name = 'corpus'`
      await expect.poll(async () => (await admin.query(sessions)).rowCount).toBe(0)
    })

    test('no script left anything in the folders that Deno keeps by itself', () => {
      expect(caches.map((path) => (existsSync(path) ? statSync(path).mtimeMs : null))).toEqual(cachesBefore)
    })
  },
)
