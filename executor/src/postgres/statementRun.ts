import type { Cell, StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { PortalEnd, PortalField } from './portal.ts'
import type { PostgresSession } from './session.ts'

const countBudgetMs = 2000
const writeCommands = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY'])

/** Runs one statement, its rows into the spool, and fills in its head. Throws what the session throws. */
export async function runIntoSpool(
  session: PostgresSession,
  head: StatementHead,
  statement: { text: string; values: (string | Buffer | null)[]; cut: 'suspend' | 'drain' },
  spool: RowSpool,
): Promise<void> {
  let fields: PortalField[] = []
  let cut = false
  const began = performance.now()
  const sink = {
    fields: (described: PortalField[]) => {
      fields = described
    },
    row: (cells: Cell[]) => {
      cut ||= !spool.add(head.ordinal, cells)
      return !cut
    },
  }
  try {
    const end = await session.run(statement.text, statement.values, sink, statement.cut)
    head.outcome = 'executed'
    head.command = end.command
    head.affectedRows = affectedBy(end, fields.length > 0)
    head.rowCount = fields.length === 0 ? null : end.suspended ? await countRest(session, end) : end.rows
    await session.learnTypes(fields.map((field) => field.dataTypeID))
  } finally {
    head.durationMs = performance.now() - began
    head.columns = fields.map(({ name, dataTypeID }) => ({ name, type: session.types.nameOf(dataTypeID) }))
    head.storedRows = spool.storedRows(head.ordinal)
    head.cutBy = cut ? spool.cutBy : null
  }
}

// With RETURNING the tag counts only the last batch, but every changed row was returned.
const affectedBy = ({ command, count, rows }: PortalEnd, returning: boolean): number | null =>
  command !== null && writeCommands.has(command) ? (returning ? rows : count) : null

/** Counts what was cut without reading it, for as long as that is cheap; null when the end stays unknown. */
async function countRest(
  session: PostgresSession,
  end: PortalEnd & { portal: string },
): Promise<number | null> {
  await session.command('savepoint portal_count')
  try {
    await session.command(`set local statement_timeout = ${countBudgetMs}`)
    const moved = await session.moveToEnd(end.portal)
    return end.rows + moved
  } catch {
    return null
  } finally {
    await session.command(`rollback to savepoint portal_count`)
    await session.command(`close "${end.portal}"`)
  }
}
