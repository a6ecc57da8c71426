import type { LogRecord } from './logRecord.ts'

const maxRecords = 4096
const maxBytes = 8 * 1024 * 1024

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
    return this.records.slice(from, from + limit)
  }

  push(committed: readonly LogRecord[]): void {
    for (const record of committed) {
      this.records.push(record)
      this.bytes += weight(record)
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
    while (this.records.length - this.start > maxRecords || this.bytes > maxBytes) {
      const oldest = this.records[this.start]
      if (!oldest) break
      this.bytes -= weight(oldest)
      this.start++
    }
    if (this.start < maxRecords) return
    this.records = this.records.slice(this.start)
    this.start = 0
  }
}

function weight(record: LogRecord): number {
  return record.data.length + record.metadata.length + 200
}
