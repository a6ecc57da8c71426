import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { count, plural } from '../components/numbers.ts'
import { asApiError, type ApiError } from './apiError.ts'

interface Page<Row> {
  items: Row[]
  total: number
  nextCursor: string | null
}

interface KeptList {
  rows: unknown[]
  total: number
  nextCursor: string | null
  scrollTop: number
  activeId: string | null
}

/** Lists as they were left, so that going back finds rows, place and active row again. */
export const usePagedListCache = defineStore('paged-lists', () => {
  const kept = new Map<string, KeptList>()
  return {
    get: (key: string) => kept.get(key),
    set(key: string, list: KeptList) {
      kept.delete(key)
      kept.set(key, list)
      const [oldest] = kept.keys()
      if (kept.size > 8 && oldest !== undefined) kept.delete(oldest)
    },
    clear: () => kept.clear(),
  }
})

interface Options<Row> {
  /** Changes with every filter; a new key is a new list. */
  key: MaybeRefOrGetter<string>
  idOf(row: Row): string
  load(cursor: string | null, signal: AbortSignal): Promise<Page<Row>>
  /** What this client knows better by now, for rows that were kept. */
  refresh?(row: Row): Row
  /** New rows that are the reader's own doing are shown at once; others wait to be asked for. */
  isOwn?(row: Row): boolean
}

/** A list that is read page by page, the newest of it checked without moving what is on screen. */
export function usePagedList<Row>({
  key,
  idOf,
  load,
  refresh = (row) => row,
  isOwn = () => false,
}: Options<Row>) {
  const cache = usePagedListCache()
  const rows = shallowRef<Row[]>([])
  const total = ref(0)
  const nextCursor = ref<string | null>(null)
  const status = ref<'loading' | 'ready' | 'failed'>('loading')
  const error = shallowRef<ApiError | null>(null)
  const loadingMore = ref(false)
  const moreError = shallowRef<ApiError | null>(null)
  const scrollTop = ref(0)
  const activeId = ref<string | null>(null)
  const waitingHead = shallowRef<Page<Row> | null>(null)
  let current = new AbortController()
  let shownKey = toValue(key)

  const newCount = computed(() => {
    const known = new Set(rows.value.map(idOf))
    return waitingHead.value?.items.filter((row) => !known.has(idOf(row))).length ?? 0
  })

  /** In words, for a button: of more new rows than a page holds the number is not known here. */
  const newWords = (one: string, many = `${one}s`) => {
    const page = waitingHead.value
    const isWholePage = page !== null && page.nextCursor !== null && newCount.value === page.items.length
    return isWholePage
      ? `More than ${count(newCount.value)} new ${many}`
      : plural(newCount.value, `new ${one}`, `new ${many}`)
  }

  const keep = (under: string) => {
    if (status.value !== 'ready') return
    cache.set(under, {
      rows: rows.value,
      total: total.value,
      nextCursor: nextCursor.value,
      scrollTop: scrollTop.value,
      activeId: activeId.value,
    })
  }

  watch(
    () => toValue(key),
    (now) => {
      keep(shownKey)
      shownKey = now
      begin(now)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    // Its key may be another page's by now, when it comes from the address.
    keep(shownKey)
    current.abort()
  })

  return {
    rows,
    total,
    status,
    error,
    hasMore: computed(() => nextCursor.value !== null),
    loadingMore,
    moreError,
    scrollTop,
    activeId,
    newCount,
    newWords,
    loadMore,
    reload,
    checkHead,
    showNew,
    patchRow,
  }

  function begin(now: string) {
    current.abort()
    current = new AbortController()
    waitingHead.value = null
    moreError.value = null
    loadingMore.value = false
    const before = cache.get(now)
    if (!before) {
      scrollTop.value = 0
      activeId.value = null
      void reload()
      return
    }
    rows.value = (before.rows as Row[]).map(refresh)
    total.value = before.total
    nextCursor.value = before.nextCursor
    scrollTop.value = before.scrollTop
    activeId.value = before.activeId
    status.value = 'ready'
    void checkHead()
  }

  async function reload() {
    current.abort()
    current = new AbortController()
    const { signal } = current
    status.value = 'loading'
    error.value = null
    try {
      const page = await load(null, signal)
      if (!signal.aborted) replaceBy(page)
    } catch (cause) {
      if (signal.aborted) return
      error.value = asApiError(cause)
      status.value = 'failed'
    }
  }

  async function loadMore() {
    if (loadingMore.value || status.value !== 'ready' || nextCursor.value === null) return
    const { signal } = current
    loadingMore.value = true
    moreError.value = null
    try {
      const page = await load(nextCursor.value, signal)
      if (signal.aborted) return
      const known = new Set(rows.value.map(idOf))
      rows.value = [...rows.value, ...page.items.filter((row) => !known.has(idOf(row)))]
      nextCursor.value = page.nextCursor
      total.value = page.total
    } catch (cause) {
      if (!signal.aborted) moreError.value = asApiError(cause)
    } finally {
      if (!signal.aborted) loadingMore.value = false
    }
  }

  /** Reads the first page again: rows that are shown change in place, new ones wait to be asked for. */
  async function checkHead() {
    if (status.value !== 'ready') return
    const { signal } = current
    const page = await load(null, signal).catch(() => null)
    if (!page || signal.aborted) return
    if (rows.value.length === 0) {
      replaceBy(page)
      return
    }
    const fresh = new Map(page.items.map((row) => [idOf(row), row]))
    rows.value = rows.value.map((row) => fresh.get(idOf(row)) ?? row)
    total.value = page.total
    waitingHead.value = page
    const known = new Set(rows.value.map(idOf))
    if (page.items.some((row) => !known.has(idOf(row)) && isOwn(row))) showHead(page, fresh)
  }

  /** Lays the newest page over the rows that are shown, in its order; behind a gap it stands alone. */
  function showHead(page: Page<Row>, fresh: ReadonlyMap<string, Row>) {
    const rest = rows.value.filter((row) => !fresh.has(idOf(row)))
    if (rest.length === rows.value.length) {
      replaceBy(page)
      return
    }
    rows.value = [...page.items, ...rest]
    waitingHead.value = null
  }

  function showNew() {
    const page = waitingHead.value
    if (!page) return
    scrollTop.value = 0
    replaceBy(page)
  }

  function replaceBy(page: Page<Row>) {
    rows.value = page.items
    total.value = page.total
    nextCursor.value = page.nextCursor
    waitingHead.value = null
    status.value = 'ready'
  }

  function patchRow(id: string, change: (row: Row) => Row) {
    if (rows.value.some((row) => idOf(row) === id)) {
      rows.value = rows.value.map((row) => (idOf(row) === id ? change(row) : row))
    }
  }
}
