import type { StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import { DocumentRows } from './documentRows.ts'
import { toScript } from './scriptValues.ts'

const maxDocumentLength = 4 * 1024 * 1024
const batchLength = 1024 * 1024
// A script that only wants the first few does not wait for many.
const firstDocuments = 100
const batchDocuments = 1000

/** Some of a cursor's documents, as texts for the script. */
export interface Batch {
  documents: string[]
  ended: boolean
}

/**
 * A cursor that a script reads batch by batch, as it asks for them. It is one statement of the audit, and the statement's head tells at any
 * moment what was read so far.
 */
export class ScriptCursor {
  readonly #head: StatementHead
  readonly #spool: RowSpool
  readonly #documents: AsyncIterator<unknown>
  readonly #rows: DocumentRows
  #count = 0
  #cut = false

  constructor(head: StatementHead, spool: RowSpool, documents: AsyncIterable<unknown>) {
    this.#head = head
    this.#spool = spool
    this.#rows = new DocumentRows(spool.kept)
    this.#documents = documents[Symbol.asyncIterator]()
  }

  async next(): Promise<Batch> {
    const began = performance.now()
    const documents: string[] = []
    const most = this.#count === 0 ? firstDocuments : batchDocuments
    try {
      for (let length = 0; length < batchLength && documents.length < most;) {
        const next = await this.#documents.next()
        if (next.done === true) return { documents, ended: true }
        const text = this.#keep(next.value)
        length += text.length
        documents.push(text)
      }
      return { documents, ended: false }
    } finally {
      this.#tell(performance.now() - began)
    }
  }

  /** Lets go of the cursor on the server. */
  async close(): Promise<void> {
    await this.#documents.return?.()
  }

  #keep(document: unknown): string {
    const text = toScript(document)
    if (text.length > maxDocumentLength)
      throw new Error('A document takes more than 4 MiB: project the fields that the script needs.')
    this.#count += 1
    this.#cut ||= !this.#spool.add(this.#head.ordinal, this.#rows.toRow(document))
    return text
  }

  #tell(spentMs: number): void {
    const head = this.#head
    head.durationMs += spentMs
    head.rowCount = this.#count
    head.columns = this.#rows.columns
    this.#spool.tell(head)
    head.cutBy = this.#cut ? this.#spool.cutBy : null
    this.#spool.answered.add(head)
  }
}
