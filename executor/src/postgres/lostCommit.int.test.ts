import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { defaultExecutionLimits, lostStatementCode, type StatementHead } from '@sre-portal/contracts'
import { TargetServer, targetDatabase } from '@sre-portal/tests/soak/targetServer.ts'
import { RowSpool } from '../results/rowSpool.ts'
import type { RunControl } from '../runControl.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { testBounds } from '../testing/queryBench.ts'
import { runPostgresQuery } from './queryRunner.ts'
import { runPostgresScript } from './scriptRunner.ts'

// The server is gone while it commits, and stays away for longer than it is asked: nobody knows what it kept.

const name = 'sre-portal lost commit'
const timeout = 60_000
let server: TargetServer
const sandbox = new Sandbox({ keepSpare: false })
beforeAll(async () => {
  server = await TargetServer.open()
  await server.ask((client) =>
    client.query(`
      create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return null; end $$;
      create table kept (n int);
      create table slowly (n int);
      create constraint trigger slow after insert on slowly deferrable initially deferred for each row execute function slow();
      alter table kept owner to app;
      alter table slowly owner to app`),
  )
})
beforeEach(() => server.ask((client) => client.query('truncate kept, slowly')))
afterAll(async () => {
  await sandbox.close()
  await server.close()
})

const words = (heads: StatementHead[]) =>
  heads.map(({ outcome, error }) => (error?.code === lostStatementCode ? 'not known' : outcome))
const writes = (db: string) =>
  `await ${db}.query('select n from kept'); await ${db}.query('insert into kept values (1)'); await ${db}.query('insert into slowly values (1)');`

test.each([
  [
    'a query',
    null,
    'insert into kept select 1 where false; insert into kept values (1); insert into slowly values (1)',
  ],
  ['a script', 'single', writes('db')],
  [
    'a transaction of a script, after one that was committed,',
    'per-statement',
    `await db.transaction((tx) => tx.query('insert into kept values (0)')); await db.transaction(async (tx) => { ${writes('tx')} })`,
  ],
] as const)(
  'of %s the statements that changed something are told as not known',
  { timeout },
  async (_what, mode, text) => {
    const { user: username, password } = server.login
    const job = {
      target: {
        host: '127.0.0.1',
        port: server.port,
        tls: false,
        database: targetDatabase,
        username,
        password,
      },
      limits: defaultExecutionLimits,
      bounds: testBounds,
      applicationName: name,
    }
    const control: RunControl = {
      signal: new AbortController().signal,
      beforeKeeping: () => Promise.resolve(),
      beforeCommit: () => Promise.resolve(),
      beforeStatement: () => Promise.resolve(),
      reached: () => undefined,
    }
    const spool = new RowSpool(defaultExecutionLimits)
    const running = mode
      ? runPostgresScript({ ...job, source: text, params: {}, mode }, sandbox.take(), spool, control)
      : runPostgresQuery({ ...job, content: text }, spool, control)
    const underWay = `select from pg_stat_activity where application_name = '${name}' and wait_event = 'PgSleep'`
    await expect
      .poll(() => server.ask(async (client) => (await client.query(underWay)).rowCount), { timeout: 20_000 })
      .toBe(1)
    await server.crash()
    const { outcome, head } = await running
    await server.start()
    expect(outcome.fate).toBe('unknown')
    const before = mode === 'per-statement' ? ['executed'] : []
    expect(words(head.statements)).toEqual([...before, 'executed', 'not known', 'not known'])
    const kept = await server.ask(
      async (client) => (await client.query<{ n: number }>('select n from kept')).rows,
    )
    expect(kept.map(({ n }) => n)).toEqual(mode === 'per-statement' ? [0] : [])
  },
)
