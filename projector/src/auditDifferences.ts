import type { Pool } from '@sre-portal/platform/postgres'
import { readCheckpoint } from './checkpoint.ts'
import { readModelVersion } from './schema.ts'

/** Lines of the live audit log that are not what the events say: changed, missing, or of no event. */
export interface AuditDifferences {
  count: number
  /** Log positions of the first ones. */
  positions: string[]
}

const shown = 10

/**
 * Compares the live audit log with the one that was just built from the events, up to where both have come. null where they can't be
 * compared: there is no live one, or it is of another version.
 */
export async function findAuditDifferences(pool: Pool): Promise<AuditDifferences | null> {
  const [live, built] = await Promise.all([readCheckpoint(pool, 'read'), readCheckpoint(pool, 'read_next')])
  if (!live || !built || live.version !== readModelVersion) return null
  const upTo = String(live.position < built.position ? live.position : built.position)
  const { rows } = await pool.query<{ position: string; count: number }>(
    `with different as (
       select position from (
         (select * from read.audit where position <= $1 except select * from read_next.audit where position <= $1)
         union all
         (select * from read_next.audit where position <= $1 except select * from read.audit where position <= $1)) lines
       group by position)
     select position, (select count(*)::int from different) as count from different order by position limit ${shown}`,
    [upTo],
  )
  return { count: rows[0]?.count ?? 0, positions: rows.map(({ position }) => position) }
}

/** One sentence for operators. */
export const differencesInWords = ({ count, positions }: AuditDifferences): string =>
  count === 0
    ? 'The former audit log was what the events say.'
    : `The former audit log differed from the events in ${count} ${count === 1 ? 'line' : 'lines'}, at position ${positions.join(', ')}` +
      `${count > positions.length ? ' and more' : ''}. Somebody or something else has changed it.`
