import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defaultExecutionLimits } from '@sre-portal/contracts'
import { TcpProxy } from '@sre-portal/tests/faults/tcpProxy.ts'
import { TargetServer, targetDatabase } from '@sre-portal/tests/soak/targetServer.ts'
import { RowSpool } from '../results/rowSpool.ts'
import type { RunControl, RunOutcome } from '../runControl.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { testBounds } from '../testing/queryBench.ts'
import { runPostgresQuery } from './queryRunner.ts'
import { runPostgresScript } from './scriptRunner.ts'

// The table of docs/executor.md, cell by cell, against a real server whose process, network or whole self is taken away at that moment.
// The judge is the server's own table: how many rows stand in `counted` afterwards.

/** What the target answered, and when it stopped answering. */
type Answer = (typeof answers)[number]
const answers = [
  'everything',
  'an error',
  'a stop',
  'FATAL in the statement',
  'nothing: the way cut in the statement',
  'nothing: the server killed in the statement',
  'an error to COMMIT',
  'FATAL to COMMIT',
  'nothing to COMMIT: the way cut',
  'nothing to COMMIT: the server killed',
  'nothing to COMMIT, which took place',
] as const

type Kind = keyof typeof kinds
type Told = 'EXECUTED' | 'FAILED none' | 'FAILED rolled-back' | 'FAILED partial' | 'UNKNOWN'
/** Told and counted; `either` where both can happen, and the two have to agree. */
type Cell = [told: Told, counted: number] | 'either'

const rolledBack: Cell = ['FAILED rolled-back', 0]
// What the trigger that judges at COMMIT did beside the transaction isn't known.
const undoneWithTrigger: Cell = ['FAILED partial', 0]
const unknown: Cell = ['UNKNOWN', 0]
const oneTransaction: Cell[] = [
  ['EXECUTED', 1],
  ...Array<Cell>(5).fill(rolledBack),
  ...[undoneWithTrigger, undoneWithTrigger],
  'either',
  undoneWithTrigger,
  ['EXECUTED', 1],
]

/** Each kind of request: its text by what is to happen, and a cell for each answer that it can get. */
const kinds = {
  'query that writes': { text: (sql: Sql) => sql.write, cells: oneTransaction },
  'query that reads': {
    text: (sql: Sql) => sql.read,
    cells: [['EXECUTED', 0], ['FAILED none', 0], ['FAILED none', 0], rolledBack, rolledBack, rolledBack],
  },
  'query outside of a transaction': {
    text: (sql: Sql) => sql.alone,
    cells: [['EXECUTED', 0], ['FAILED partial', 0], ['FAILED partial', 0], unknown, unknown, unknown],
  },
  'script, one transaction': {
    mode: 'single',
    text: (sql: Sql) => `await db.query(${JSON.stringify(sql.write)}).catch(() => {})`,
    cells: oneTransaction,
  },
  'script by statements, a write': {
    mode: 'per-statement',
    text: (sql: Sql) => `await db.query(${JSON.stringify(sql.write)})`,
    cells: [
      ['EXECUTED', 1],
      rolledBack,
      rolledBack,
      unknown,
      unknown,
      unknown,
      undoneWithTrigger,
      unknown,
      'either',
      unknown,
      ['UNKNOWN', 1],
    ],
  },
  'script by statements, a read': {
    mode: 'per-statement',
    text: (sql: Sql) => `await db.query(${JSON.stringify(sql.read)})`,
    cells: [['EXECUTED', 0], ...Array<Cell>(5).fill(['FAILED none', 0])],
  },
  'script by statements, a block that commits on its way': {
    mode: 'per-statement',
    text: (sql: Sql) => `await db.query(${JSON.stringify(sql.block)})`,
    cells: [
      ['EXECUTED', 1],
      ['FAILED partial', 1],
      ['FAILED partial', 1],
      ['UNKNOWN', 1],
      ['UNKNOWN', 1],
      ['UNKNOWN', 1],
    ],
  },
  'script by statements, db.transaction': {
    mode: 'per-statement',
    text: (sql: Sql) => `await db.transaction((tx) => tx.query(${JSON.stringify(sql.write)}))`,
    cells: oneTransaction,
  },
} satisfies Record<string, { mode?: 'single' | 'per-statement'; text: (sql: Sql) => string; cells: Cell[] }>

interface Sql {
  write: string
  read: string
  alone: string
  block: string
}

/** Texts that are under way for long enough at the place in question, or fail there, or do neither. */
function sqlFor(answer: Answer): Sql {
  const block = (rest: string) => `do $$ begin insert into counted values ('plain'); commit; ${rest} end $$`
  const insert = (moment: string) =>
    `insert into ${moment === 'plain' ? 'counted' : 'judged'} values ('${moment}')`
  const vacuum = 'vacuum counted'
  switch (answer) {
    case 'everything':
      return { write: insert('plain'), read: 'select 1', alone: vacuum, block: block('') }
    case 'an error':
      return {
        write: `${insert('plain')} returning 1 / 0`,
        read: 'select 1 / 0',
        alone: 'create unique index concurrently doubled on doubles (n)',
        block: block(`raise exception 'boom';`),
      }
    case 'an error to COMMIT':
      return { write: insert('refused'), read: '', alone: '', block: '' }
    case 'FATAL to COMMIT':
    case 'nothing to COMMIT: the way cut':
    case 'nothing to COMMIT: the server killed':
    case 'nothing to COMMIT, which took place':
      return { write: insert('slow'), read: '', alone: '', block: '' }
    case 'a stop':
    case 'FATAL in the statement':
    case 'nothing: the way cut in the statement':
    case 'nothing: the server killed in the statement':
      return {
        write: `insert into counted select 'plain' from pg_sleep(30)`,
        read: 'select pg_sleep(30)',
        alone: vacuum,
        block: block('perform pg_sleep(30);'),
      }
  }
}

const name = 'sre-portal outcomes'
let server: TargetServer
let proxy: TcpProxy
const sandbox = new Sandbox({ keepSpare: false })
beforeAll(async () => {
  server = await TargetServer.open()
  proxy = await TcpProxy.open({ host: '127.0.0.1', port: server.port })
  await server.ask((client) =>
    client.query(`
      create table counted (moment text);
      create table doubles as select 1 as n from generate_series(1, 2);
      create function at_commit() returns trigger language plpgsql as $$ begin
        if new.moment = 'refused' then raise exception 'refused'; end if;
        if new.moment = 'slow' then perform pg_sleep(3); end if;
        return null;
      end $$;
      create table judged (moment text);
      create constraint trigger judging after insert on judged deferrable initially deferred for each row execute function at_commit();
      alter table counted owner to app;
      alter table judged owner to app;
      alter table doubles owner to app`),
  )
})
afterAll(async () => {
  await sandbox.close()
  await proxy.close()
  await server.close()
})
beforeEach(() =>
  server.ask((client) => client.query('truncate counted, judged; drop index if exists doubled')),
)

const counted = () =>
  server.ask(async (client) =>
    Number(
      (
        await client.query<{ n: string }>(
          'select (select count(*) from counted) + (select count(*) from judged) as n',
        )
      ).rows[0]?.n,
    ),
  )
const sessions = (condition: string) =>
  server.ask(
    async (client) =>
      (await client.query(`select from pg_stat_activity where application_name = '${name}' and ${condition}`))
        .rowCount,
  )
const patience = { timeout: 20_000, interval: 20 }
const underWay = () =>
  expect
    .poll(
      () => sessions(`state = 'active' and (wait_event = 'PgSleep' or wait_event_type = 'Lock')`),
      patience,
    )
    .toBe(1)

/** Takes away what the answer says once the run is where it says. */
async function disturb(answer: Answer, stop: AbortController): Promise<void> {
  if (answer === 'everything' || answer === 'an error' || answer === 'an error to COMMIT') return
  await underWay()
  switch (answer) {
    case 'a stop':
      return stop.abort('cancelled')
    case 'FATAL in the statement':
    case 'FATAL to COMMIT':
      return server.terminateSessions()
    case 'nothing: the way cut in the statement':
    case 'nothing to COMMIT: the way cut':
      await proxy.disturb('cut')
      return proxy.mend()
    case 'nothing: the server killed in the statement':
    case 'nothing to COMMIT: the server killed':
      await server.crash()
      return server.start()
    case 'nothing to COMMIT, which took place':
      await proxy.disturb('mute')
      await expect.poll(counted, patience).toBe(1)
      await proxy.disturb('cut')
      return proxy.mend()
  }
}

async function run(kind: Kind, answer: Answer): Promise<RunOutcome> {
  const made: { mode?: 'single' | 'per-statement'; text: (sql: Sql) => string } = kinds[kind]
  const text = made.text(sqlFor(answer))
  const stop = new AbortController()
  const { user: username, password } = server.login
  const job = {
    target: { host: '127.0.0.1', port: proxy.port, tls: false, database: targetDatabase, username, password },
    limits: defaultExecutionLimits,
    bounds: testBounds,
    applicationName: name,
  }
  const control: RunControl = {
    signal: stop.signal,
    beforeKeeping: () => Promise.resolve(),
    beforeCommit: () => Promise.resolve(),
    beforeStatement: () => Promise.resolve(),
    reached: () => undefined,
  }
  const spool = new RowSpool(defaultExecutionLimits)
  const running = made.mode
    ? runPostgresScript({ ...job, source: text, params: {}, mode: made.mode }, sandbox.take(), spool, control)
    : runPostgresQuery({ ...job, content: text }, spool, control)
  const [{ outcome }] = await Promise.all([running, disturb(answer, stop)])
  return outcome
}

/** VACUUM is under way for as long as somebody else holds the table. */
async function heldUp<T>(isHeld: boolean, work: () => Promise<T>): Promise<T> {
  if (!isHeld) return work()
  return server.ask(async (client) => {
    client.on('error', () => undefined)
    await client.query('begin; lock table counted in share update exclusive mode')
    const result = await work()
    await client.query('rollback').catch(() => undefined)
    return result
  })
}

const told = (outcome: RunOutcome): Told =>
  outcome.fate === 'executed'
    ? 'EXECUTED'
    : outcome.fate === 'unknown'
      ? 'UNKNOWN'
      : (`FAILED ${outcome.effects}` as Told)

describe.each(Object.keys(kinds) as Kind[])('%s', (kind) => {
  const cells: Cell[] = kinds[kind].cells
  test.each(answers.slice(0, cells.length).map((answer, at) => [answer, cells[at]] as const))(
    'the target answered %s: %j',
    async (answer, cell) => {
      const waits = kind === 'query outside of a transaction' && sqlFor(answer).read.includes('pg_sleep')
      const outcome = await heldUp(waits, () => run(kind, answer))
      await expect.poll(() => sessions('true'), patience).toBe(0)
      const count = await counted()
      if (cell === 'either') {
        const agree: Told[] = kind.endsWith('a write')
          ? ['UNKNOWN']
          : [count === 1 ? 'EXECUTED' : 'FAILED partial']
        expect(agree).toContain(told(outcome))
      } else expect([told(outcome), count]).toEqual(cell)
    },
  )
})

test('an index that could not be built concurrently is left behind: this is what partial means', async () => {
  await run('query outside of a transaction', 'an error')
  const left = await server.ask((client) =>
    client.query(`select indisvalid from pg_index where indexrelid = 'doubled'::regclass`),
  )
  expect(left.rows).toEqual([{ indisvalid: false }])
})
