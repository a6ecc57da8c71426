import pg from 'pg'
import type { Cell } from '@sre-portal/contracts'

/** What the server tells of a column before its rows. */
export interface PortalField {
  name: string
  dataTypeID: number
}

/** Takes rows as they arrive; `row` answers false when no further one is wanted. */
export interface RowSink {
  fields(fields: PortalField[]): void
  row(cells: Cell[], bytes: number): boolean
}

/** How a statement ended. `command` and `count` are of the server's tag (`INSERT 0 3` is `INSERT` and 3). */
export interface PortalEnd {
  command: string | null
  count: number | null
  rows: number
  /** True when the rows were cut and the portal is still open on the server. */
  suspended: boolean
}

interface PortalConnection {
  parse(message: { text: string }): void
  bind(message: { portal: string; values: (string | Buffer | null)[] }): void
  describe(message: { type: 'P'; name: string }): void
  execute(message: { portal: string; rows: number }): void
  close(message: { type: 'P'; name: string }): void
  flush(): void
  sync(): void
  sendCopyFail(message: string): void
}

const firstBatchRows = 50
const maxBatchRows = 2000
const batchBytes = 1024 * 1024

/**
 * One statement by the extended protocol, read in batches from a named portal, so that memory stays constant and nothing is read
 * that isn't wanted. Values are the server's own text. Handed to `client.query`.
 */
export class PortalRun {
  readonly name: string
  readonly ended: Promise<PortalEnd>
  readonly #text: string
  readonly #values: (string | Buffer | null)[]
  readonly #sink: RowSink
  /** After a cut: `suspend` leaves the rest on the server, `drain` runs to the end so that the count is known. */
  readonly #afterCut: 'suspend' | 'drain'
  #resolve: (end: PortalEnd) => void = () => undefined
  #reject: (error: Error) => void = () => undefined
  #wanted = true
  #rows = 0
  #bytes = 0
  #end: PortalEnd | null = null

  constructor(
    name: string,
    text: string,
    values: (string | Buffer | null)[],
    sink: RowSink,
    afterCut: 'suspend' | 'drain',
  ) {
    this.name = name
    this.#text = text
    this.#values = values
    this.#sink = sink
    this.#afterCut = afterCut
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.ended.catch(() => undefined)
  }

  submit(connection: PortalConnection): void {
    connection.parse({ text: this.#text })
    connection.bind({ portal: this.name, values: this.#values })
    connection.describe({ type: 'P', name: this.name })
    connection.execute({ portal: this.name, rows: firstBatchRows })
    connection.flush()
  }

  handleRowDescription(message: { fields: PortalField[] }): void {
    this.#sink.fields(message.fields)
  }

  handleDataRow(message: { fields: Cell[]; length: number }): void {
    this.#rows += 1
    this.#bytes += message.length
    if (this.#wanted) this.#wanted = this.#sink.row(message.fields, message.length)
  }

  handlePortalSuspended(connection: PortalConnection): void {
    if (!this.#wanted && this.#afterCut === 'suspend') {
      this.#end = { command: 'SELECT', count: null, rows: this.#rows, suspended: true }
      connection.sync()
      return
    }
    connection.execute({ portal: this.name, rows: this.#wanted ? this.#nextBatch() : 0 })
    connection.flush()
  }

  handleCommandComplete(message: { text: string }, connection: PortalConnection): void {
    const words = message.text.split(' ')
    const numbersFrom = words.findLastIndex((word) => !/^\d+$/.test(word)) + 1
    this.#end = {
      command: words.slice(0, numbersFrom).join(' '),
      count: numbersFrom < words.length ? Number(words.at(-1)) : null,
      rows: this.#rows,
      suspended: false,
    }
    connection.close({ type: 'P', name: this.name })
    connection.sync()
  }

  handleEmptyQuery(connection: PortalConnection): void {
    this.#end = { command: null, count: null, rows: 0, suspended: false }
    connection.sync()
  }

  handleCopyInResponse(connection: PortalConnection): void {
    connection.sendCopyFail('COPY FROM STDIN is not allowed')
  }

  handleCopyData(): void {
    this.#wanted = false
  }

  handleReadyForQuery(): void {
    if (this.#end) this.#resolve(this.#end)
    else this.#reject(new Error('The server ended the statement without an answer.'))
  }

  handleError(error: Error, connection?: PortalConnection): void {
    // An error of the implicit COMMIT comes after the end of the statement: its Sync has been sent, a second one would answer for the next query.
    if (error instanceof pg.DatabaseError && connection && !this.#end) connection.sync()
    this.#reject(error)
  }

  #nextBatch(): number {
    const rowBytes = Math.max(1, this.#bytes / Math.max(1, this.#rows))
    return Math.max(1, Math.min(maxBatchRows, Math.floor(batchBytes / rowBytes)))
  }
}
