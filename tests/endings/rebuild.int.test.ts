import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import pg from 'pg'
import { foundCompany, type Company } from './company.ts'
import { patience } from './patience.ts'
import { Turnstile } from './turnstile.ts'
import { World, type RunningPart } from './world.ts'

const timeout = 120_000
const root = fileURLToPath(new URL('../..', import.meta.url))
/** More than a batch of either program, so that one can be ended with a part of the events written. */
const renamings = 700

let world: World
let company: Company
let admin: pg.Client
let served: RunningPart
let turnstile: Turnstile | null = null
let whole: unknown
/** Of the read models as this program makes them. */
let version = 0

beforeAll(async () => {
  world = await World.open()
  company = await foundCompany(world, renamings)
  admin = new pg.Client({ connectionString: world.database.adminUrl })
  await admin.connect()
  const projector = await world.up('projector')
  served = await world.up('query-service')
  await vi.waitFor(async () => expect(await count('read.audit')).toBe(company.events), patience)
  whole = await answers()
  process.kill(projector.pid, 'SIGTERM')
  await projector.ended
}, timeout)
afterEach(async () => {
  await turnstile?.open()
  turnstile = null
})
afterAll(async () => {
  await admin.end()
  await company.close()
  await world.close()
})

const count = async (table: string) => {
  const { rows: found } = await admin.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [table],
  )
  if (!found[0]?.there) return null
  const { rows } = await admin.query<{ rows: number }>(`select count(*)::int as rows from ${table}`)
  return rows[0]?.rows ?? 0
}
const schemas = async () => {
  const { rows } = await admin.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname like 'read%' order by 1`,
  )
  return rows.map(({ name }) => name)
}
const connectionsOf = async (application: string) =>
  (
    await admin.query(
      'select from pg_stat_activity where datname = current_database() and application_name = $1',
      [application],
    )
  ).rowCount
const isOld = async () =>
  (await admin.query<{ old: boolean }>('select version < $1 as old from read.checkpoint', [version])).rows[0]
    ?.old

/** What people see: the newest entries of the audit log and how many there are, and all of the users. */
async function answers(): Promise<unknown> {
  const told = []
  for (const path of ['/api/audit?limit=100', '/api/users']) {
    const response = await fetch(`${served.url}${path}`, {
      headers: { authorization: `Bearer ${company.tokens[0]}` },
    })
    told.push([response.status, await response.json()])
  }
  expect(told).toMatchObject([
    [200, { total: company.events }],
    [200, { items: [{}, {}, {}] }],
  ])
  return told
}

const moments: [words: string, isThere: (rows: number | null) => boolean][] = [
  ['before its first event', (rows) => rows === 0],
  ['with a part of the events', (rows) => rows !== null && rows > 0 && rows < company.events],
  ['with all of them, before it takes the place', (rows) => rows === company.events],
]

/** Lets the writers through until the half-made models are so far, and the program waits again. */
async function halt(application: string, isThere: (rows: number | null) => boolean): Promise<void> {
  for (;;) {
    await turnstile?.untilWaits(application)
    if (isThere(await count('read_next.audit'))) return
    await turnstile?.letOneThrough()
  }
}

/** A rebuild, as a process of its own; `ended` tells when it and all that it began have ended. */
function startRebuild(program: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    cwd: root,
    env: world.environmentOf('projector'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = once(child, 'close') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
  return { kill: (signal: NodeJS.Signals) => child.kill(signal), ended, said: () => said }
}

async function expectWholeAnew(): Promise<void> {
  const next = startRebuild('infra/rebuild.ts')
  expect((await next.ended)[0], next.said()).toBe(0)
  expect(await answers()).toEqual(whole)
  expect(await schemas()).toEqual(['read'])
}

const ends = (
  [
    ['infra/rebuild.ts', 'SIGTERM'],
    ['infra/rebuild.ts', 'SIGKILL'],
    ['projector/src/rebuildMain.ts', 'SIGKILL'],
  ] as const
).flatMap(([program, signal]) =>
  moments.map(([words, isThere]) => [program, signal, words, isThere] as const),
)

test.each(ends)(
  'the rebuild of %s, ended by %s %s, has changed nothing, and the next one starts anew',
  { timeout },
  async (program, signal, _words, isThere) => {
    turnstile = await Turnstile.close(world.database.adminUrl)
    const broken = startRebuild(program)
    await halt('rebuild', isThere)
    expect(await answers()).toEqual(whole)
    broken.kill(signal)
    expect(await broken.ended, broken.said()).toEqual([null, signal])
    await turnstile.open()
    turnstile = null
    await expect.poll(() => connectionsOf('rebuild'), patience).toBe(0)
    expect(await answers()).toEqual(whole)
    await expectWholeAnew()
  },
)

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a rebuild that is ended by %s once it has taken the place leaves the old models beside it, and the next one removes them',
  { timeout },
  async (signal) => {
    const reader = new pg.Client({ connectionString: world.database.adminUrl })
    await reader.connect()
    await reader.query('begin; select from read.audit limit 1')
    const broken = startRebuild('infra/rebuild.ts')
    await expect.poll(schemas, patience).toEqual(['read', 'read_old'])
    broken.kill(signal)
    await broken.ended
    expect(await answers()).toEqual(whole)
    await reader.end()
    await expect.poll(() => connectionsOf('rebuild'), patience).toBe(0)
    await expectWholeAnew()
  },
)

/** What a new version finds: read models of the one before. */
async function becomeOld(): Promise<void> {
  const { rows } = await admin.query<{ version: number }>(
    'update read.checkpoint set version = version - 1 returning version + 1 as version',
  )
  version = rows[0]?.version ?? 0
}

test.each(moments)(
  'a projector that rebuilds by itself, asked to stop %s, stops after that transaction, and the next one starts anew',
  { timeout },
  async (_words, isThere) => {
    await becomeOld()
    turnstile = await Turnstile.close(world.database.adminUrl)
    const stopped = await world.up('projector')
    await halt('projector', isThere)
    process.kill(stopped.pid, 'SIGTERM')
    await expect.poll(() => stopped.said(), patience).toContain('"msg":"stopping"')
    await turnstile.open()
    turnstile = null
    expect(await stopped.ended, stopped.said()).toEqual({ code: 0, signal: null })
    expect([await answers(), await isOld()]).toEqual([whole, true])
    await expectTheNextOneRebuilds()
  },
)

test.each(moments)(
  'a projector that rebuilds by itself, killed %s, has changed nothing, and the next one starts anew',
  { timeout },
  async (_words, isThere) => {
    await becomeOld()
    turnstile = await Turnstile.close(world.database.adminUrl)
    const killed = await world.up('projector')
    await halt('projector', isThere)
    process.kill(killed.pid, 'SIGKILL')
    expect(await killed.ended).toEqual({ code: null, signal: 'SIGKILL' })
    await turnstile.open()
    turnstile = null
    await expect.poll(() => connectionsOf('projector'), patience).toBe(0)
    expect([await answers(), await isOld()]).toEqual([whole, true])
    await expectTheNextOneRebuilds()
  },
)

async function expectTheNextOneRebuilds(): Promise<void> {
  const next = await world.up('projector')
  await expect.poll(isOld, { ...patience, message: next.said() }).toBe(false)
  await expect.poll(schemas, patience).toEqual(['read'])
  expect(await answers()).toEqual(whole)
  process.kill(next.pid, 'SIGTERM')
  expect(await next.ended, next.said()).toEqual({ code: 0, signal: null })
}
