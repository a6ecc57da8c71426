import type { Cell, Column, StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { PortalEnd, PortalField } from './portal.ts'
import type { PostgresSession } from './session.ts'

const countBudgetMs = 2000
const changing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/** A statement as it is sent. */
export interface SentStatement {
  text: string
  values: (string | Buffer | null)[]
  cut: 'suspend' | 'drain'
  /** True when it was judged a read. */
  reads: boolean
  /** True when its tag counts every row that it changes. */
  isCounted: boolean
}

/** Runs one statement, its rows into the spool, and fills in its head. Throws what the session throws. */
export async function runIntoSpool(
  session: PostgresSession,
  head: StatementHead,
  statement: SentStatement,
  spool: RowSpool,
): Promise<void> {
  const rows = new KeptRows(spool, head)
  const began = performance.now()
  session.notices.statement = head.ordinal
  try {
    const end = await session.run(
      statement.text,
      statement.values,
      { fields: (fields) => rows.describe(fields), row: (cells) => rows.keep(cells) },
      statement.cut,
    )
    head.outcome = 'executed'
    head.command = end.command
    head.affectedRows = affectedBy(end, rows.isReturned, statement)
    head.rowCount = !rows.isReturned ? null : end.suspended ? await countRest(session, end) : end.rows
    await session.learnTypes(rows.typeIds)
  } finally {
    session.notices.statement = null
    head.durationMs = performance.now() - began
    rows.tell(session)
    spool.answered.add(head)
  }
}

/** One statement's columns and rows as far as they are kept. */
export class KeptRows {
  readonly #spool: RowSpool
  readonly #head: StatementHead
  #fields: PortalField[] = []
  #areKept = true
  #isCut = false

  constructor(spool: RowSpool, head: StatementHead) {
    this.#spool = spool
    this.#head = head
  }

  describe(fields: PortalField[]): void {
    this.#fields = fields
    this.#areKept = this.#spool.kept.keeps(
      'columns',
      fields.map(({ name }) => ({ name, type: 'typical' })),
    )
  }

  /** Keeps a row, or answers false when it is one too many; rows without their columns say nothing. */
  keep(cells: Cell[]): boolean {
    this.#isCut ||= !this.#areKept || !this.#spool.add(this.#head.ordinal, cells)
    return !this.#isCut
  }

  get isReturned(): boolean {
    return this.#fields.length > 0
  }

  get typeIds(): number[] {
    return this.#fields.map((field) => field.dataTypeID)
  }

  /** All columns, kept or not, as far as their types are known. */
  columns({ types }: PostgresSession): Column[] {
    return this.#fields.map(({ name, dataTypeID }) => ({ name, type: types.nameOf(dataTypeID) }))
  }

  /** Writes into the head what is kept. */
  tell(session: PostgresSession): void {
    this.#head.columns = this.#areKept ? this.#spool.shared(this.columns(session)) : []
    this.#spool.tell(this.#head)
    this.#head.cutBy = this.#isCut ? (this.#areKept ? this.#spool.cutBy : 'bytes') : null
  }
}

/** How many rows a statement changed, as the server's tag says it; null where it doesn't. */
export function affectedBy(
  { command, count, rows }: PortalEnd,
  isReturning: boolean,
  { reads, isCounted }: Pick<SentStatement, 'reads' | 'isCounted'>,
): number | null {
  if (reads) return 0
  if (!isCounted) return null
  // With RETURNING the tag counts only the last batch, but every changed row was returned.
  if (command !== null && changing.has(command)) return isReturning ? rows : count
  // CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW are tagged as what they select.
  return command === 'SELECT' && !isReturning ? count : null
}

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
