import type { LogRecord } from './logRecord.ts'
import type { Page } from './logQueries.ts'

export const largestPage = 1000
const firstPage = 100

export type FetchPage = (cursor: number, limit: number) => Promise<Page>

/** Reads page after page, the next one already while the current one is used; small at first, for short reads. */
export class PageReader {
  private readonly fetch: FetchPage
  private readonly cursorAfter: (last: LogRecord) => number
  private readonly mayReadAhead: () => boolean
  private limit = firstPage
  private ahead: { cursor: number; page: Promise<Page> } | undefined

  constructor(fetch: FetchPage, cursorAfter: (last: LogRecord) => number, mayReadAhead: () => boolean) {
    this.mayReadAhead = mayReadAhead
    this.fetch = fetch
    this.cursorAfter = cursorAfter
  }

  /** `remaining` is how many events are still wanted. */
  async read(cursor: number, remaining: number): Promise<Page> {
    const page = await (this.ahead?.cursor === cursor ? this.ahead.page : this.start(cursor, remaining))
    this.ahead = undefined
    const last = page.records.at(-1)
    const wanted = remaining - page.records.length
    if (last && !page.isLast && wanted > 0 && this.mayReadAhead()) {
      const next = this.cursorAfter(last)
      const pending = this.start(next, wanted)
      pending.catch(() => undefined)
      this.ahead = { cursor: next, page: pending }
    }
    return page
  }

  private start(cursor: number, remaining: number): Promise<Page> {
    const limit = Math.min(this.limit, remaining)
    this.limit = largestPage
    return this.fetch(cursor, limit)
  }
}
