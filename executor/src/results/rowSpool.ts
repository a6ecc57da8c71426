import { createHash, type Hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Cell, Column, CutCell, CutReason, StatementHead } from '@sre-portal/contracts'
import { hashInTurns } from './hashInTurns.ts'
import { KeptBytes } from './keptBytes.ts'
import { withShortCells } from './shortCells.ts'

/** Rows of one statement that are stored together, one JSON array a line. */
export interface RowChunk {
  statement: number
  firstRow: number
  rowCount: number
  rows: string
}

const maxChunkRows = 500
const maxChunkBytes = 256 * 1024
const maxCutCells = 1000

/** Keeps the rows of one execution until they are stored, up to its limits, which bound the memory it takes; all statements share them. */
export class RowSpool {
  readonly chunks: RowChunk[] = []
  /** The statements that have answered, in the order in which they did. */
  readonly answered = new Set<StatementHead>()
  /** Those of them that stand in a transaction whose end is not known yet. */
  readonly unsettled = new Set<StatementHead>()
  /** What else the same execution keeps. */
  readonly kept = new KeptBytes()
  readonly #maxRows: number
  readonly #maxBytes: number
  #hash: Hash = createHash('sha256')
  #isInOrder = true
  readonly #rowsOf = new Map<number, number>()
  readonly #cutCellsOf = new Map<number, CutCell[]>()
  #lines: string[] = []
  #lineBytes = 0
  #statement = 0
  #firstRow = 0
  #rows = 0
  #bytes = 0
  #cutBy: CutReason | null = null
  #columns: Column[] = []

  constructor(limits: { maxRows: number; maxResultBytes: number }) {
    this.#maxRows = limits.maxRows
    this.#maxBytes = limits.maxResultBytes
  }

  /** Keeps a row, or answers false when a limit cuts; from then on nothing more is kept. */
  add(statement: number, cells: Cell[]): boolean {
    if (this.#cutBy) return false
    if (this.#rows + 1 > this.#maxRows) this.#cutBy = 'rows'
    const line = this.#cutBy ? null : this.#fitting(statement, cells)
    if (line === null) {
      this.#cutBy ??= 'bytes'
      return false
    }
    const bytes = Buffer.byteLength(line) + 1
    if (statement !== this.#statement) {
      this.#isInOrder &&= statement > this.#statement
      this.#flush(statement)
    }
    this.#lines.push(line)
    this.#lineBytes += bytes
    this.#rows += 1
    this.#bytes += bytes
    this.#rowsOf.set(statement, this.storedRows(statement) + 1)
    this.#hash.update(line).update('\n')
    if (this.#lines.length >= maxChunkRows || this.#lineBytes >= maxChunkBytes) this.#flush(statement)
    return true
  }

  /** The row as it is stored: whole, or with the beginning of cells that alone take much of what may be kept; null when it doesn't fit. */
  #fitting(statement: number, cells: Cell[]): string | null {
    const left = this.#maxBytes - this.#bytes
    // What is too long is not even made into a line: that would take as much memory again.
    const atLeastBytes = cells.reduce((bytes, cell) => bytes + (cell?.length ?? 0), 0)
    const whole = atLeastBytes > left ? null : JSON.stringify(cells)
    if (whole !== null && Buffer.byteLength(whole) + 1 <= left) return whole
    const { shorter, cut } = withShortCells(cells, this.#maxBytes)
    const cutCells = this.#cutCellsOf.get(statement) ?? []
    if (cut.length === 0 || cutCells.length + cut.length > maxCutCells) return null
    const line = JSON.stringify(shorter)
    if (Buffer.byteLength(line) + 1 > left) return null
    const row = this.storedRows(statement)
    this.#cutCellsOf.set(statement, [...cutCells, ...cut.map((cell) => ({ row, ...cell }))])
    return line
  }

  get cutBy(): CutReason | null {
    return this.#cutBy
  }

  get totalRows(): number {
    return this.#rows
  }

  storedRows(statement: number): number {
    return this.#rowsOf.get(statement) ?? 0
  }

  /** Writes into a statement's head how much of it is stored. */
  tell(head: StatementHead): void {
    head.storedRows = this.storedRows(head.ordinal)
    const cutCells = this.#cutCellsOf.get(head.ordinal)
    if (cutCells) head.cutCells = cutCells
  }

  /** What has been added since the first `count` chunks, up to this moment. */
  chunksFrom(count: number): RowChunk[] {
    this.#flush(this.#statement)
    return this.chunks.slice(count)
  }

  /** The same columns; those that the statement before had are held in memory once. */
  shared(columns: Column[]): Column[] {
    if (!areSame(columns, this.#columns)) this.#columns = columns
    return this.#columns
  }

  /** Closes the spool: what is to be stored, and the SHA-256 over all rows, statement after statement, and then the head. */
  async seal(head: Buffer): Promise<{ chunks: RowChunk[]; sha256: string }> {
    this.#flush(this.#statement)
    if (!this.#isInOrder) await this.#hashInOrder()
    const whole = this.#hash.copy()
    await hashInTurns(whole, head)
    return { chunks: this.chunks, sha256: whole.update('\n').digest('hex') }
  }

  /** A script that reads two cursors by turns adds rows of one between those of the other. */
  async #hashInOrder(): Promise<void> {
    const hash = createHash('sha256')
    const inOrder = this.chunks.toSorted((a, b) => a.statement - b.statement || a.firstRow - b.firstRow)
    for (const { rows } of inOrder) {
      hash.update(rows).update('\n')
      await setImmediate()
    }
    this.#hash = hash
    this.#isInOrder = true
  }

  #flush(next: number): void {
    if (this.#lines.length > 0) {
      this.chunks.push({
        statement: this.#statement,
        firstRow: this.#firstRow,
        rowCount: this.#lines.length,
        rows: this.#lines.join('\n'),
      })
    }
    this.#firstRow = this.storedRows(next)
    this.#statement = next
    this.#lines = []
    this.#lineBytes = 0
  }
}

const areSame = (columns: Column[], others: Column[]) =>
  columns.length === others.length &&
  columns.every(({ name, type }, at) => name === others[at]?.name && type === others[at].type)
