import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { ResultHead } from '@sre-portal/contracts'
import type { Log } from '@sre-portal/platform/log'
import { isOutage } from '@sre-portal/platform/outage'
import type { RunOutcome, RunReport } from '../runControl.ts'
import { boundedHead } from './boundedHead.ts'
import { headBytes } from './headBytes.ts'
import { RowSpool } from './rowSpool.ts'
import { storedEnd } from './storedRun.ts'

/** Where a result belongs to. */
export interface ResultOwner {
  resultId: string
  requestId: string
  executionId: string
}

/** What was stored: its hash over rows and head, and how many rows. */
export interface Stored {
  sha256: string
  rows: number
}

const outageAttempts = 8
const firstDelayMs = 200
const longestDelayMs = 5000

interface Form {
  head: ResultHead
  spool: RowSpool
}

/**
 * Stores a result. While the database is away this is tried again, for about twenty seconds; what it refuses is not sent a second time,
 * but in a shorter form: first without the statements' details, then without rows. Null when nothing could be stored.
 */
export async function keepResult(
  { pool, log }: { pool: pg.Pool; log: Log },
  owner: ResultOwner,
  { outcome, head }: RunReport,
  spool: RowSpool,
): Promise<Stored | null> {
  let attempts = 0
  for (const form of formsOf(head, spool)) {
    while (attempts < outageAttempts) {
      try {
        const sha256 = await storeResult(pool, owner, form, outcome)
        return { sha256, rows: form.spool.totalRows }
      } catch (error) {
        log.warn({ err: error, executionId: owner.executionId }, 'the result could not be stored')
        if (!isOutage(error)) break
        await delay(Math.min(firstDelayMs * 2 ** attempts++, longestDelayMs))
      }
    }
  }
  log.error({ executionId: owner.executionId }, 'a result is lost: it could not be stored')
  return null
}

function* formsOf(head: ResultHead, spool: RowSpool): Generator<Form> {
  const bounded = boundedHead(head)
  yield { head: bounded, spool }
  yield { head: boundedHead(head, 0), spool }
  const withoutRows = bounded.statements.map(({ cutCells: _, ...statement }) => ({
    ...statement,
    storedRows: 0,
  }))
  yield {
    head: boundedHead({ ...bounded, statements: withoutRows, returned: null, logs: [], logsCut: true }, 0),
    spool: new RowSpool({ maxRows: 0, maxResultBytes: 0 }),
  }
}

/** Stores head and rows in one transaction and answers the SHA-256 over both. A second call for the same result changes nothing. */
async function storeResult(
  pool: pg.Pool,
  owner: ResultOwner,
  { head, spool }: Form,
  outcome: RunOutcome,
): Promise<string> {
  // The driver sends bytes as they are; of a text it would make them once more.
  const bytes = headBytes(head)
  const { chunks, sha256 } = await spool.seal(bytes)
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const inserted = await client.query(
      `insert into record.results (result_id, request_id, execution_id, sha256, head, outcome) values ($1, $2, $3, $4, $5, $6)
       on conflict do nothing`,
      [owner.resultId, owner.requestId, owner.executionId, sha256, bytes, JSON.stringify(storedEnd(outcome))],
    )
    if (inserted.rowCount === 1) {
      for (const chunk of chunks) {
        await client.query(
          `insert into record.result_rows (result_id, statement, first_row, row_count, rows) values ($1, $2, $3, $4, $5)`,
          [owner.resultId, chunk.statement, chunk.firstRow, chunk.rowCount, chunk.rows],
        )
      }
    }
    await client.query('commit')
    return sha256
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error))
    await client.query('rollback').catch(() => undefined)
    throw broken
  } finally {
    client.release(broken)
  }
}
