import type { ClientBase } from 'pg'

interface CopyMessage {
  chunk: Buffer
}

interface CopyConnection {
  query(sql: string): void
}

export interface CopiedRows<Row> {
  rows: Row[]
  /** True when the rest was dropped, because a page of large events must not fill the memory. */
  isCut: boolean
}

const signatureBytes = 11
const maxPageBytes = 8 * 1024 * 1024

/**
 * Runs `COPY (query) TO STDOUT (FORMAT binary)` and hands over each row. An ordinary result set of `pg` is text: for
 * bytea that doubles the bytes and costs a hexadecimal decoding per event.
 */
export async function copyRows<Row>(
  client: ClientBase,
  query: string,
  parseRow: (fields: BinaryRow) => Row,
): Promise<CopiedRows<Row>> {
  const rows: Row[] = []
  let bytes = 0
  let isCut = false
  await new Promise<void>((resolve, reject) => {
    let failure: Error | undefined
    let started = false
    const submittable = {
      submit: (connection: CopyConnection) => connection.query(`COPY (${query}) TO STDOUT (FORMAT binary)`),
      handleCopyData: (message: CopyMessage) => {
        const header = started ? 0 : headerBytes(message.chunk)
        started = true
        if (message.chunk.length < header + 2 || message.chunk.readInt16BE(header) < 0) return
        isCut ||= rows.length > 0 && bytes + message.chunk.length > maxPageBytes
        if (isCut) return
        bytes += message.chunk.length
        rows.push(parseRow(new BinaryRow(Buffer.from(message.chunk), header + 2)))
      },
      handleError: (error: Error) => {
        failure ??= error
        reject(failure)
      },
      handleReadyForQuery: () => {
        if (!failure) resolve()
      },
      handleCommandComplete: () => undefined,
      handleRowDescription: () => undefined,
      handleDataRow: () => undefined,
      handlePortalSuspended: () => undefined,
      handleEmptyQuery: () => undefined,
      handleCopyInResponse: () => undefined,
    }
    client.query(submittable as never)
  })
  return { rows, isCut }
}

function headerBytes(chunk: Buffer): number {
  return signatureBytes + 8 + chunk.readInt32BE(signatureBytes + 4)
}

/** The fields of one row, read in the order of the select list. */
export class BinaryRow {
  private readonly bytes: Buffer
  private offset: number

  constructor(bytes: Buffer, offset: number) {
    this.bytes = bytes
    this.offset = offset
  }

  /** A bigint; exact up to 2^53, which positions and revisions never reach, and 2^63-1 becomes 2^63. */
  bigint(): number {
    const start = this.offset + 4
    this.offset = start + 8
    return this.bytes.readInt32BE(start) * 0x100000000 + this.bytes.readUInt32BE(start + 4)
  }

  boolean(): boolean {
    const start = this.offset + 4
    this.offset = start + 1
    return this.bytes[start] === 1
  }

  text(): string {
    const start = this.offset + 4
    this.offset = start + this.bytes.readInt32BE(this.offset)
    return this.bytes.toString('utf8', start, this.offset)
  }

  buffer(): Buffer {
    const start = this.offset + 4
    this.offset = start + this.bytes.readInt32BE(this.offset)
    return this.bytes.subarray(start, this.offset)
  }
}
