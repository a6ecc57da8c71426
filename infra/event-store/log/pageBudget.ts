import type { LogRecord } from './logRecord.ts'

export const largestPageBytes = 4 * 1024 * 1024
export const smallestPageBytes = 64 * 1024
export const defaultBudgetBytes = 64 * 1024 * 1024

/** What a record costs beside its contents: its own object, those of its fields and the message that brought it. */
export const recordOverheadBytes = 1000

export function recordBytes({ data, metadata }: LogRecord): number {
  return data.length + metadata.length + recordOverheadBytes
}

export function pageBytes(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytes(record), 0)
}

/**
 * How many bytes the pages of all readers may have together. Nobody waits for it: whoever comes when little is free gets a
 * small page, which is each reader's own, so that one who holds much can make others slower but never stop them.
 */
export class PageBudget {
  private readonly totalBytes: number
  private taken = 0

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes
  }

  get takenBytes(): number {
    return this.taken
  }

  /** True when a page that stands still is one that others could use. */
  get isPressed(): boolean {
    return this.taken > this.totalBytes / 2
  }

  /** How large the next page may be: a quarter of what is free, within the two limits. */
  take(): number {
    const share = Math.floor((this.totalBytes - this.taken) / 4)
    return this.reserve(Math.max(smallestPageBytes, Math.min(largestPageBytes, share)))
  }

  takeSmallest(): number {
    return this.reserve(smallestPageBytes)
  }

  /** Once a page is there, it counts as what it is: less than its reservation, or more for a single large event. */
  adjust(reserved: number, actual: number): void {
    this.taken += actual - reserved
  }

  giveBack(bytes: number): void {
    this.taken -= bytes
  }

  private reserve(bytes: number): number {
    this.taken += bytes
    return bytes
  }
}
