import type { LogRecord } from './logRecord.ts'

const maxRecords = 4096
const maxBytes = 8 * 1024 * 1024
const maxSliceBytes = 1024 * 1024

/** The newest committed events in memory, for those who follow the end of the log. Positions have no gaps. */
export class LogTail {
  private records: LogRecord[] = []
  private start = 0
  private bytes = 0
  private last: number
  private readonly followers = new Set<() => void>()

  constructor(lastPosition: number) {
    this.last = lastPosition
  }

  get lastPosition(): number {
    return this.last
  }

  /** The events after a position, or undefined when some of them are no longer in memory. */
  after(position: number, limit: number): readonly LogRecord[] | undefined {
    if (position >= this.last) return []
    const first = this.records[this.start]
    if (!first || position + 1 < first.position) return undefined
    const from = this.start + position + 1 - first.position
    const to = Math.min(from + limit, this.records.length)
    let end = from
    // A slow follower keeps what it was given, so that is little, but never nothing.
    for (let bytes = 0; end < to && bytes < maxSliceBytes; end++) bytes += weightAt(this.records, end)
    return this.records.slice(from, end)
  }

  push(committed: readonly LogRecord[]): void {
    for (const record of committed) {
      const kept = weight(record) > maxBytes ? record : detached(record)
      this.records.push(kept)
      this.bytes += weight(kept)
      this.last = record.position
    }
    this.forgetOldest()
    for (const wake of [...this.followers]) wake()
  }

  /** After a lost connection: what is in memory may miss events. */
  restart(lastPosition: number): void {
    this.records = []
    this.start = 0
    this.bytes = 0
    this.last = lastPosition
    for (const wake of [...this.followers]) wake()
  }

  follow(wake: () => void): () => void {
    this.followers.add(wake)
    return () => this.followers.delete(wake)
  }

  private forgetOldest(): void {
    const before = this.start
    while (this.records.length - this.start > maxRecords || this.bytes > maxBytes) {
      const oldest = this.records[this.start]
      if (!oldest) break
      this.bytes -= weight(oldest)
      this.start++
    }
    // What is forgotten must not be referenced either; the array itself moves when half of it is empty.
    if (this.start * 2 > this.records.length) {
      this.records = this.records.slice(this.start)
      this.start = 0
    } else this.records.fill(forgotten, before, this.start)
  }
}

const nothing = Buffer.alloc(0)
const forgotten: LogRecord = {
  position: 0,
  streamKey: 0,
  streamName: '',
  revision: 0,
  id: nothing,
  type: '',
  isJson: false,
  createdMicros: 0,
  data: nothing,
  metadata: nothing,
}

/** Contents are views of the message that brought them, which would stay as a whole. The id is its own bytes already. */
function detached(record: LogRecord): LogRecord {
  return { ...record, data: copyOf(record.data), metadata: copyOf(record.metadata) }
}

function copyOf(bytes: Buffer): Buffer {
  return bytes.length === 0 ? nothing : Buffer.from(bytes)
}

function weightAt(records: readonly LogRecord[], index: number): number {
  const record = records[index]
  return record ? weight(record) : 0
}

function weight(record: LogRecord): number {
  const { data, metadata, streamName, type } = record
  return data.length + metadata.length + 2 * (streamName.length + type.length) + 200
}
