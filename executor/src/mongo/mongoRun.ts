import type { Operation } from '@sre-portal/analysis/mongo/operations'
import type { StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { MongoConnection } from './connection.ts'
import { DocumentRows } from './documentRows.ts'
import { perform } from './perform.ts'

/** Performs an operation, its documents into the spool and to `take`, and fills in its head. Throws what the driver throws. */
export async function performIntoSpool(
  connection: MongoConnection,
  head: StatementHead,
  operation: Operation,
  spool: RowSpool,
  maxTimeMs: number,
  take: (document: unknown) => boolean = () => true,
): Promise<void> {
  const rows = new DocumentRows(spool.kept)
  const began = performance.now()
  let count = 0
  let cut = false
  const keep = (document: unknown): boolean => {
    count += 1
    cut ||= !spool.add(head.ordinal, rows.toRow(document))
    return take(document)
  }
  head.command = operation.method
  try {
    const performed = await perform(connection, operation, maxTimeMs)
    let ended = true
    if (performed.kind === 'cursor')
      ended = await drain(performed.cursor, (document) => keep(document) && !cut)
    else if (performed.value !== undefined && performed.value !== null) keep(performed.value)
    head.outcome = 'executed'
    head.rowCount = ended ? count : null
    head.affectedRows = operation.kind === 'read' ? 0 : performed.kind === 'value' ? performed.affected : null
  } finally {
    head.durationMs = performance.now() - began
    head.columns = rows.columns
    spool.tell(head)
    head.cutBy = cut ? spool.cutBy : null
    spool.answered.add(head)
  }
}

/** Reads a cursor to its end, or until `wanted` says no; answers whether the end was reached. */
async function drain(
  cursor: AsyncIterable<unknown> & { close(): Promise<void> },
  wanted: (document: unknown) => boolean,
): Promise<boolean> {
  for await (const document of cursor) {
    if (wanted(document)) continue
    await cursor.close()
    return false
  }
  return true
}
