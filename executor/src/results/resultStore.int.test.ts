import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '@sre-portal/platform/log'
import { createPool, type Pool } from '@sre-portal/platform/postgres'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { withClient } from '@sre-portal/infra/databases.ts'
import type { ResultHead } from '@sre-portal/contracts'
import type { RunReport } from '../runControl.ts'
import { keepResult } from './resultStore.ts'
import { RowSpool } from './rowSpool.ts'
import { pendingHead } from './statementHead.ts'

const log = createLog('executor', 'silent')
let database: MigratedDatabase
let pool: Pool
beforeAll(async () => {
  database = await migratedDatabase()
  pool = createPool(database.urls.executor, 'executor', log)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** Makes the database refuse heads, or rows, that are longer than this, as it does with what is too large. */
const refuse = (table: 'results' | 'result_rows', column: 'head' | 'rows', longest: number) =>
  withClient(database.adminUrl, async (client) => {
    await client.query(`
      create or replace function record.refuse_${table}() returns trigger language plpgsql as $$
      begin
        if length(new.${column}) > ${longest} then raise exception 'too long' using errcode = '54000'; end if;
        return new;
      end $$;
      create or replace trigger refuse before insert on record.${table} for each row execute function record.refuse_${table}()`)
  })

function reportOf(columns: number): RunReport {
  const head: ResultHead = {
    engine: 'postgresql',
    statements: [
      {
        ...pendingHead(0, { text: 'select', offset: null }),
        outcome: 'executed',
        columns: Array.from({ length: columns }, (_, index) => ({ name: `c${index}`, type: 'text' })),
        rowCount: 2,
        storedRows: 2,
      },
    ],
    returned: null,
    logs: [],
    logsCut: false,
    notices: [],
    error: null,
    durationMs: 1,
  }
  return { outcome: { fate: 'executed' }, head }
}

function twoRows(): RowSpool {
  const spool = new RowSpool({ maxRows: 10, maxResultBytes: 1000 })
  for (const text of ['a', 'b']) spool.add(0, [text])
  return spool
}

async function keep(columns: number) {
  const owner = { resultId: randomUUID(), requestId: randomUUID(), executionId: randomUUID() }
  const stored = await keepResult({ pool, log }, owner, reportOf(columns), twoRows())
  const { rows } = await pool.query<{ head: string; sha256: string; rows: string | null; outcome: unknown }>(
    `select head, sha256, outcome, (select rows from record.result_rows where result_id = $1) as rows
     from record.results where result_id = $1`,
    [owner.resultId],
  )
  const [row] = rows
  return { stored, row, head: row ? (JSON.parse(row.head) as ResultHead) : null }
}

test('a result is stored with how its run ended', async () => {
  const { stored, row, head } = await keep(3)
  expect(stored).toEqual({ sha256: row?.sha256, rows: 2 })
  expect([row?.outcome, row?.rows, head?.statements[0]?.columns.length]).toEqual([
    { fate: 'executed' },
    '["a"]\n["b"]',
    3,
  ])
})

test('a result that the database refuses is stored in a shorter form, at once, and says so', async () => {
  await refuse('results', 'head', 1000)
  const began = performance.now()
  const { stored, row, head } = await keep(1000)
  expect(performance.now() - began).toBeLessThan(5000)
  expect(stored).toEqual({ sha256: row?.sha256, rows: 2 })
  expect(head?.statements).toMatchObject([{ outcome: 'executed', rowCount: 2, storedRows: 2, columns: [] }])
  expect(head?.notices).toEqual([expect.stringContaining('Of 1 of 1 statements the columns')])
  await refuse('results', 'head', 1_000_000)
})

test('a result that finds no room on the disk is stored whole once there is some', async () => {
  await withClient(database.adminUrl, (client) =>
    // A sequence counts the attempts, because no rollback takes its numbers back.
    client.query(`
      create sequence record.attempts;
      create function record.no_room() returns trigger language plpgsql security definer as $$
      begin
        if nextval('record.attempts') <= 2 then raise exception 'could not extend file' using errcode = '53100'; end if;
        return new;
      end $$;
      create trigger no_room before insert on record.result_rows for each row execute function record.no_room()`),
  )
  const { stored, row } = await keep(3)
  expect([stored?.rows, row?.rows]).toEqual([2, '["a"]\n["b"]'])
  await withClient(database.adminUrl, (client) => client.query('drop trigger no_room on record.result_rows'))
})

test('without its rows where those are refused, and not at all where nothing is taken', async () => {
  await refuse('result_rows', 'rows', 1)
  const { stored, row, head } = await keep(3)
  expect([stored?.rows, row?.rows, head?.statements[0]?.storedRows]).toEqual([0, null, 0])
  await refuse('results', 'head', 1)
  expect(await keep(3)).toMatchObject({ stored: null, row: undefined })
})
