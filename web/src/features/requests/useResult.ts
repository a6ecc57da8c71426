import type { Cell, ResultHead } from '@sre-portal/contracts'
import { onScopeDispose, ref, shallowRef, triggerRef, watch, type Ref } from 'vue'
import { asApiError, type ApiError } from '../../api/apiError.ts'
import { getResultPage } from './requestsApi.ts'

const pageSize = 200

/** The stored result of a request: its head at once, rows page by page as they come into view. */
export function useResult(requestId: Ref<string>, resultId: Ref<string | null>) {
  const head = shallowRef<ResultHead | null>(null)
  const sha256 = ref<string | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(false)
  const pages = shallowRef(new Map<string, Cell[][]>())
  const asked = new Set<string>()
  let current = new AbortController()

  watch([requestId, resultId], begin, { immediate: true })
  onScopeDispose(() => current.abort())

  return { head, sha256, error, loading, rowAt, want, retry: begin }

  function begin() {
    current.abort()
    current = new AbortController()
    asked.clear()
    pages.value = new Map()
    head.value = null
    error.value = null
    if (resultId.value !== null) void load(0, 0)
  }

  async function load(statement: number, page: number) {
    const key = `${statement}/${page}`
    if (asked.has(key)) return
    asked.add(key)
    const { signal } = current
    loading.value = true
    try {
      const wanted = { statement, offset: page * pageSize, limit: pageSize }
      const answer = await getResultPage(requestId.value, wanted, signal)
      if (signal.aborted) return
      head.value ??= answer.head
      sha256.value = answer.sha256
      pages.value.set(key, answer.rows)
      triggerRef(pages)
      error.value = null
    } catch (cause) {
      if (signal.aborted) return
      asked.delete(key)
      error.value = asApiError(cause)
    } finally {
      if (!signal.aborted) loading.value = false
    }
  }

  function rowAt(statement: number, index: number): Cell[] | undefined {
    return pages.value.get(`${statement}/${Math.floor(index / pageSize)}`)?.[index % pageSize]
  }

  function want(statement: number, first: number, last: number) {
    for (let page = Math.floor(first / pageSize); page <= Math.floor(last / pageSize); page += 1) {
      void load(statement, page)
    }
  }
}
