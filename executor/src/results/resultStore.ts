import type pg from 'pg'
import type { ResultHead } from '@sre-portal/contracts'
import type { RowSpool } from './rowSpool.ts'

/** Where a result belongs to. */
export interface ResultOwner {
  resultId: string
  requestId: string
  executionId: string
}

/** Stores head and rows in one transaction and answers the SHA-256 over both. A second call for the same result changes nothing. */
export async function storeResult(
  pool: pg.Pool,
  owner: ResultOwner,
  head: ResultHead,
  spool: RowSpool,
): Promise<string> {
  const headText = JSON.stringify(head)
  const { chunks, sha256 } = spool.seal(headText)
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const inserted = await client.query(
      `insert into record.results (result_id, request_id, execution_id, sha256, head) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [owner.resultId, owner.requestId, owner.executionId, sha256, headText],
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
