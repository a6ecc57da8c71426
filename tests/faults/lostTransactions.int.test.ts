import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { lostStatementCode, type StatementHead } from '@sre-portal/contracts'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { ExecutorProcess } from './executorProcess.ts'

// Scripts whose statements commit by themselves, with transactions of their own between them. The target is the judge of what was kept.

let portal: TestPortal
let successor: ExecutorProcess | null = null
const timeout = 120_000
const patience = { timeout: 60_000, interval: 50 }

beforeAll(async () => {
  portal = await TestPortal.open()
  await portal.target.query(`
    create table kept (n int); create table slowly (n int);
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(12); return null; end $$;
    create constraint trigger slow after insert on slowly deferrable initially deferred for each row execute function slow()`)
})
beforeEach(() => portal.target.query('truncate kept, slowly'))
afterAll(async () => {
  await successor?.kill()
  await portal.close()
})

const add = (n: number, db = 'db') => `await ${db}.query('insert into kept values (${n})');`
const within = (work: string, db = 'db') => `await ${db}.transaction(async (tx) => { ${work} });`
const undone = (work: string, db = 'db') =>
  `${within(`${work} throw new Error('no')`, db).slice(0, -1)}.catch(() => {});`
const sleep = (db = 'db') => `await ${db}.query('select pg_sleep(12)');`
const keptRows = async () =>
  (await portal.target.query<{ n: number }>('select n from kept order by n')).rows.map(({ n }) => n)

const sessions = async (condition: string) =>
  (
    await portal.target.query(
      `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and ${condition}`,
    )
  ).rowCount

/** What is written of the answers in a way that outlives the executor. */
async function written(): Promise<string[]> {
  const { rows } = await portal.admin.query<{ word: string }>(
    `select case when (head::jsonb -> 'isSettled')::boolean then head::jsonb ->> 'outcome' else 'open' end as word
     from record.running_statements order by ordinal`,
  )
  return rows.map(({ word }) => word)
}

async function begun(content: string) {
  const victim = ExecutorProcess.start(portal, { name: 'victim' })
  await victim.ready
  const requestId = await portal.approved({ kind: 'script', mode: 'per-statement', content })
  return { victim, requestId }
}

/** Kills the executor; answers what is told of each statement, by the events and by the result, once another one has settled the run. */
async function told(victim: ExecutorProcess, requestId: string) {
  await victim.kill()
  successor ??= ExecutorProcess.start(portal, { name: 'successor' })
  await successor.ready
  await expect
    .poll(async () => (await portal.request(requestId)).status, {
      ...patience,
      message: successor.output,
    })
    .toBe('UNKNOWN')
  await expect.poll(() => sessions("application_name like 'sre-portal%'"), patience).toBe(0)
  const { execution } = await portal.request(requestId)
  expect(execution?.recovered).toBe(true)
  const events = (await portal.events(requestId)).flatMap((event) =>
    event.type === 'StatementExecuted'
      ? [wordOf({ ...event.data, outcome: event.data.outcome ?? (event.data.error ? 'failed' : 'executed') })]
      : [],
  )
  const head = await portal.result(requestId)
  if (head) expect(head.statements.map(wordOf)).toEqual(events)
  await successor.kill()
  successor = null
  return events
}

const wordOf = ({ outcome, error }: Pick<StatementHead, 'outcome' | 'error'>) =>
  error?.code === lostStatementCode ? 'not known' : outcome

const open = within(`${add(1, 'tx')} ${add(2, 'tx')} ${sleep('tx')}`)

const nested = (work: string) => `await tx.transaction(async (inner) => { ${work} })`

test.each<[shape: string, content: string, written: string[], told: string[], kept: number[]]>([
  [
    'after a write of its own',
    `${add(0)} ${open}`,
    ['executed', 'open', 'open'],
    ['executed', 'rolled-back', 'rolled-back', 'not known'],
    [0],
  ],
  [
    'after another that was committed',
    `${within(add(5, 'tx'))} ${open}`,
    ['executed', 'open', 'open'],
    ['executed', 'rolled-back', 'rolled-back', 'not known'],
    [5],
  ],
  [
    'after another that the script had left by an error',
    `${undone(add(5, 'tx'))} ${open}`,
    ['rolled-back', 'open', 'open'],
    ['rolled-back', 'rolled-back', 'rolled-back', 'not known'],
    [],
  ],
  [
    'in which another had ended',
    `${add(0)} ${within(`${add(1, 'tx')} ${nested(add(2, 'inner'))}; ${sleep('tx')}`)}`,
    ['executed', 'open', 'open'],
    ['executed', 'rolled-back', 'rolled-back', 'not known'],
    [0],
  ],
])('an executor is lost within a transaction %s: told as the target has it', { timeout }, ends)

test.each<[shape: string, content: string, written: string[], told: string[], kept: number[]]>([
  [
    'that held one which was undone',
    `${within(`${add(1, 'tx')} ${nested(`${add(2, 'inner')} throw new Error('no')`)}.catch(() => {}); ${add(3, 'tx')}`)} ${sleep()}`,
    ['executed', 'rolled-back', 'executed'],
    ['executed', 'rolled-back', 'executed', 'not known'],
    [1, 3],
  ],
  [
    'that was committed',
    `${within(`${add(1, 'tx')} ${add(2, 'tx')}`)} ${add(3)} ${sleep()}`,
    ['executed', 'executed', 'executed'],
    ['executed', 'executed', 'executed', 'not known'],
    [1, 2, 3],
  ],
])('an executor is lost behind a transaction %s: told as the target has it', { timeout }, ends)

async function ends(_shape: string, content: string, last: string[], expected: string[], kept: number[]) {
  const { victim, requestId } = await begun(content)
  await expect.poll(written, { ...patience, message: victim.output }).toEqual(last)
  await expect.poll(() => sessions("wait_event = 'PgSleep'"), patience).toBe(1)
  expect(await told(victim, requestId)).toEqual(expected)
  expect(await keptRows()).toEqual(kept)
}

test(
  'an executor is lost during COMMIT: of what it would keep nobody is told that it is there, or that it is not',
  { timeout },
  async () => {
    const { victim, requestId } = await begun(
      within(`await tx.query('insert into slowly values (1)'); await tx.query('select n from kept');`),
    )
    await expect.poll(() => sessions("wait_event = 'PgSleep' and query ilike 'commit%'"), patience).toBe(1)
    await expect.poll(written, patience).toEqual(['open', 'open'])
    expect(await told(victim, requestId)).toEqual(['not known', 'executed'])
  },
)

test(
  'an executor is lost right after COMMIT: what is kept is never told as rolled back',
  { timeout },
  async () => {
    const { victim, requestId } = await begun(`${within(add(1, 'tx'))} ${sleep()}`)
    await expect.poll(() => sessions("wait_event = 'PgSleep'"), { ...patience, interval: 5 }).toBe(1)
    const [first] = await told(victim, requestId)
    expect(['executed', 'not known']).toContain(first)
    expect(await keptRows()).toEqual([1])
  },
)
