import { DomainError } from '@sre-portal/domain'
import type { Pool } from '@sre-portal/platform/postgres'
import { DatabaseError, type QueryResultRow } from 'pg'

/** The read models, written by the projector in the schema `read`. */
export interface ReadModel {
  query<T extends QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>
  /** Log position that the rows have reached. Read it before the rows: an answer never claims more than it shows. */
  position(): Promise<bigint>
}

// Undefined table, schema or column: the projector has not made them yet, or is about to replace an earlier version.
const missing = new Set(['42P01', '3F000', '42703'])

export function openReadModel(pool: Pool): ReadModel {
  const query = async <T extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> => {
    try {
      return (await pool.query<T>(sql, values)).rows
    } catch (error) {
      if (!(error instanceof DatabaseError && missing.has(error.code ?? ''))) throw error
      throw new DomainError('unavailable', 'The read models are being made; try again in a moment.')
    }
  }
  return {
    query,
    async position() {
      const [row] = await query<{ position: string }>('select position from read.checkpoint')
      return BigInt(row?.position ?? 0)
    },
  }
}
