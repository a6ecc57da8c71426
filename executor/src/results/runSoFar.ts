import type { StatementHead } from '@sre-portal/contracts'
import type { ExecutorContext } from '../context.ts'
import type { RowChunk, RowSpool } from './rowSpool.ts'

const pauseMs = 250
const maxHeadsBytes = 1024 * 1024
const maxChunks = 16

/** A statement's head as it is written while the run goes on; `isSettled` is absent in what earlier versions wrote. */
export type HeadSoFar = StatementHead & { isSettled?: boolean }

/** What is written at once, and how to remember that it was. */
interface Part {
  chunks: RowChunk[]
  heads: { ordinal: number; text: string }[]
}

/**
 * Writes what the statements of a run have answered while it goes on, four times a second, so that a killed executor leaves rows that people
 * can read. Nothing waits for it, and a run that ends sooner writes nothing. Bound to the lease: who lost the run writes nothing more.
 */
export class RunSoFar {
  readonly #context: ExecutorContext
  readonly #executionId: string
  readonly #spool: RowSpool
  readonly #written = new Map<number, string>()
  #chunks = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(context: ExecutorContext, executionId: string, spool: RowSpool) {
    this.#context = context
    this.#executionId = executionId
    this.#spool = spool
  }

  begin(): void {
    this.#timer = setTimeout(() => {
      this.#writing = this.write().finally(() => {
        if (this.#timer) this.begin()
      })
    }, pauseMs)
  }

  /** Resolves when nothing is written any more. */
  async end(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing
  }

  /** Writes what is new; what can't be written now is tried again with the next part. */
  async write(): Promise<void> {
    try {
      for (const part of this.#news()) await this.#insert(part)
    } catch (error) {
      this.#context.log.warn(
        { err: error, executionId: this.#executionId },
        'the rows of a run that goes on could not be kept',
      )
    }
  }

  /** Rows come before the heads that count them; all of it is taken at one moment. */
  #news(): Part[] {
    const chunks = this.#spool.chunksFrom(this.#chunks)
    const parts: Part[] = []
    for (let at = 0; at < chunks.length; at += maxChunks)
      parts.push({ chunks: chunks.slice(at, at + maxChunks), heads: [] })
    const heads = this.#changedHeads()
    if (heads.length > 0) parts.push({ chunks: [], heads })
    return parts
  }

  #changedHeads(): Part['heads'] {
    const changed: Part['heads'] = []
    let bytes = 0
    for (const head of this.#spool.answered) {
      const isSettled = !this.#spool.unsettled.has(head)
      const state = stateOf(head, isSettled)
      if (this.#written.get(head.ordinal) === state) continue
      const text = JSON.stringify({ ...head, isSettled } satisfies HeadSoFar)
      bytes += Buffer.byteLength(text)
      if (changed.length > 0 && bytes > maxHeadsBytes) break
      changed.push({ ordinal: head.ordinal, text })
      this.#written.set(head.ordinal, state)
    }
    return changed
  }

  async #insert({ chunks, heads }: Part): Promise<void> {
    try {
      await this.#context.journalPool.query(
        `with mine as (
           select execution_id from record.execution_leases
           where execution_id = $1 and executor_id = $2 and expires_at > now() for share
         ), told as (
           insert into record.running_statements (execution_id, ordinal, head)
           select execution_id, ordinal, head from mine, unnest($3::int[], $4::text[]) as heads (ordinal, head)
           on conflict (execution_id, ordinal) do update set head = excluded.head
         )
         insert into record.running_rows (execution_id, statement, first_row, row_count, rows)
         select execution_id, statement, first_row, row_count, rows
         from mine, unnest($5::int[], $6::int[], $7::int[], $8::text[]) as chunks (statement, first_row, row_count, rows)
         on conflict do nothing`,
        [
          this.#executionId,
          this.#context.ownerId,
          heads.map(({ ordinal }) => ordinal),
          heads.map(({ text }) => text),
          chunks.map(({ statement }) => statement),
          chunks.map(({ firstRow }) => firstRow),
          chunks.map(({ rowCount }) => rowCount),
          chunks.map(({ rows }) => rows),
        ],
      )
      this.#chunks += chunks.length
    } catch (error) {
      for (const { ordinal } of heads) this.#written.delete(ordinal)
      throw error
    }
  }
}

/** Later changes of a statement that had answered: a cursor that is read on, a transaction that is kept or undone. */
const stateOf = ({ outcome, storedRows, rowCount }: StatementHead, isSettled: boolean) =>
  `${outcome} ${storedRows} ${rowCount} ${isSettled}`
