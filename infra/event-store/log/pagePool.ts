import type { Page } from './logQueries.ts'
import type { LogRecord } from './logRecord.ts'
import { defaultBudgetBytes, PageBudget, pageBytes } from './pageBudget.ts'

/** So much of what nobody holds is kept for readers who come to the same place. */
const idleBytesAtMost = 16 * 1024 * 1024

/** A place in the log at which each number, once written, has its event for ever: positions of all, or revisions of one stream. */
export interface SharedPlace {
  source: string
  numberOf: (record: LogRecord) => number
  from: number
  limit: number
}

export interface HeldPage extends Page {
  giveBack(): void
}

export interface PageRequest {
  read: (maxBytes: () => number) => Promise<Page>
  /** Undefined for what must be read anew for everybody. */
  place: SharedPlace | undefined
}

interface SharedPage {
  source: string | undefined
  from: number
  page: Promise<Page>
  loaded: Page | undefined
  bytes: number
  holders: number
}

/** The pages that readers hold. Those at the same place share one, read once and counted once. */
export class PagePool {
  private readonly budget: PageBudget
  /** In the order of their last use. */
  private readonly pages = new Set<SharedPage>()
  private idleBytes = 0
  private readers = 0

  constructor(budget = new PageBudget(defaultBudgetBytes)) {
    this.budget = budget
  }

  get readerCount(): number {
    return this.readers
  }

  get isPressed(): boolean {
    return this.budget.isPressed
  }

  /** Every reader is counted while it reads: what nobody holds is kept only for others. */
  join(): () => void {
    this.readers++
    return () => {
      this.readers--
      this.forgetIdle()
    }
  }

  async take(request: PageRequest, isSlow = false): Promise<HeldPage> {
    const { place } = request
    const shared = (place && this.find(place)) ?? this.load(request, isSlow)
    if (shared.holders === 0 && shared.loaded) this.idleBytes -= shared.bytes
    shared.holders++
    this.pages.delete(shared)
    this.pages.add(shared)
    let isHeld = true
    const giveBack = () => {
      if (isHeld) this.letGo(shared)
      isHeld = false
    }
    try {
      const page = await shared.page
      return { ...(place ? part(page, place) : page), giveBack }
    } catch (error) {
      giveBack()
      throw error
    }
  }

  private find({ source, from, numberOf }: SharedPlace): SharedPage | undefined {
    for (const shared of this.pages) {
      if (shared.source !== source || from < shared.from) continue
      const last = shared.loaded?.records.at(-1)
      if (last ? from <= numberOf(last) : !shared.loaded && from === shared.from) return shared
    }
    return undefined
  }

  private load({ read, place }: PageRequest, isSlow: boolean): SharedPage {
    let reserved = 0
    const shared: SharedPage = {
      source: place?.source,
      from: place?.from ?? 0,
      loaded: undefined,
      bytes: 0,
      holders: 0,
      page: read(() => (reserved = isSlow ? this.budget.takeSmallest() : this.budget.take())).then(
        (page) => {
          shared.loaded = page
          shared.bytes = pageBytes(page.records)
          // What comes after it may be there by the next time.
          if (page.isLast) shared.source = undefined
          this.budget.adjust(reserved, shared.bytes)
          this.forgetIdle()
          return page
        },
        (error: unknown) => {
          this.budget.giveBack(reserved)
          this.pages.delete(shared)
          throw error
        },
      ),
    }
    return shared
  }

  private letGo(shared: SharedPage): void {
    shared.holders--
    if (shared.holders > 0 || !shared.loaded) return
    this.idleBytes += shared.bytes
    if (shared.source === undefined || shared.bytes === 0) this.forget(shared)
    else this.forgetIdle()
  }

  private forgetIdle(): void {
    const atMost = this.readers > 1 && !this.budget.isPressed ? idleBytesAtMost : 0
    if (this.idleBytes <= atMost) return
    for (const shared of this.pages) {
      if (shared.holders > 0 || !shared.loaded) continue
      this.forget(shared)
      if (this.idleBytes <= atMost) return
    }
  }

  private forget(shared: SharedPage): void {
    this.pages.delete(shared)
    this.idleBytes -= shared.bytes
    this.budget.giveBack(shared.bytes)
  }
}

function part(page: Page, { from, limit, numberOf }: SharedPlace): Page {
  const first = page.records.findIndex((record) => numberOf(record) >= from)
  if (first === 0 && page.records.length <= limit) return page
  return { records: page.records.slice(first, first + limit), isLast: page.isLast }
}
