import type { RequestDetail } from '@sre-portal/contracts'
import { useQuery, useQueryCache } from '@pinia/colada'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { ApiError } from '../../api/apiError.ts'
import { provisionalRequests } from './provisionalRequests.ts'
import { requestFacts } from './requestFacts.ts'
import { getHistory, getRequest } from './requestsApi.ts'

/** One request; what is shown never goes back to an older revision, and a just submitted one is never "not found". */
export function useRequest(id: MaybeRefOrGetter<string>) {
  const cache = useQueryCache()
  return useQuery({
    key: () => ['request', toValue(id)],
    query: async ({ signal }): Promise<RequestDetail> => {
      const wanted = toValue(id)
      const fresh = await getRequest(wanted, signal).catch((cause: unknown) => {
        const provisional = provisionalRequests.get(wanted)
        if (provisional && cause instanceof ApiError && cause.code === 'not_found') return provisional
        throw cause
      })
      const shown = cache.getQueryData<RequestDetail>(['request', wanted])
      if (shown && shown.number > 0 && shown.revision > fresh.revision) return shown
      return requestFacts.reconcile(fresh)
    },
  })
}

export function useRequestHistory(id: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean>) {
  return useQuery({
    key: () => ['request', toValue(id), 'history'],
    query: ({ signal }) => getHistory(toValue(id), signal),
    enabled,
  })
}
