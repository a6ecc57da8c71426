import type { Page } from './logQueries.ts'
import type { LogRecord } from './logRecord.ts'
import type { HeldPage, PagePool, PageRequest } from './pagePool.ts'

export const largestPage = 1000
export const firstPage = 100

export interface PageSource {
  pool: PagePool
  request: (cursor: number, limit: number) => PageRequest | undefined
  cursorAfter: (last: LogRecord) => number
  mayReadAhead: () => boolean
}

const nothing: Page = { records: [], isLast: true }

/** Reads page after page, the next one already while the current one is used; small at first, for short reads. */
export class PageReader {
  private readonly source: PageSource
  /** Undefined while it isn't counted: before the first page, and when there is nothing left to read. */
  private leave: (() => void) | undefined
  private limit = firstPage
  private isSlow = false
  private current: HeldPage | undefined
  private ahead: { cursor: number; page: Promise<HeldPage | undefined> } | undefined

  constructor(source: PageSource) {
    this.source = source
  }

  /** `remaining` is how many events are still wanted. The page before is given back. */
  async read(cursor: number, remaining: number): Promise<Page> {
    this.leave ??= this.source.pool.join()
    this.current?.giveBack()
    this.current = undefined
    if (this.ahead?.cursor !== cursor) this.dropAhead()
    const pending = this.ahead?.page ?? this.start(cursor, remaining)
    this.ahead = undefined
    const page = await pending
    this.current = page
    if (!page) return nothing
    const last = page.records.at(-1)
    const wanted = remaining - page.records.length
    if (last && !page.isLast && wanted > 0 && !this.source.pool.isPressed && this.source.mayReadAhead()) {
      const next = this.source.cursorAfter(last)
      const following = this.start(next, wanted)
      following.catch(() => undefined)
      this.ahead = { cursor: next, page: following }
    }
    return page
  }

  /** For a reader whose consumer stands still: what others could use is given back, and the next page is a small one. */
  giveBack(): void {
    this.dropPages()
    this.isSlow = true
  }

  /** At the end of what there is: it holds nothing, and isn't counted, until it reads again. */
  rest(): void {
    this.dropPages()
    this.leave?.()
    this.leave = undefined
  }

  private dropPages(): void {
    this.current?.giveBack()
    this.current = undefined
    this.dropAhead()
  }

  private dropAhead(): void {
    this.ahead?.page.then(
      (page) => page?.giveBack(),
      () => undefined,
    )
    this.ahead = undefined
  }

  private async start(cursor: number, remaining: number): Promise<HeldPage | undefined> {
    const request = this.source.request(cursor, Math.min(this.limit, remaining))
    this.limit = largestPage
    const { isSlow } = this
    this.isSlow = false
    return request && this.source.pool.take(request, isSlow)
  }
}
