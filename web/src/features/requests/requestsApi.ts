import {
  historySchema,
  requestDetailSchema,
  requestListSchema,
  resultPageSchema,
  type RequestRow,
  type RequestStatus,
  type requestSorts,
  type requestViews,
} from '@sre-portal/contracts'
import type { z } from 'zod'
import { api } from '../../api/api.ts'
import { provisionalRequests } from './provisionalRequests.ts'
import { requestFacts } from './requestFacts.ts'

export type RequestView = (typeof requestViews)[number]
export type RequestSort = (typeof requestSorts)[number]

export interface RequestFilters {
  view?: RequestView | undefined
  status?: RequestStatus[] | undefined
  podId?: string[] | undefined
  instanceId?: string[] | undefined
  kind?: 'query' | 'script' | undefined
  q?: string | undefined
  sort?: RequestSort | undefined
}

interface PageWanted {
  cursor?: string | null
  limit?: number
}

export async function listRequests(
  wanted: RequestFilters & PageWanted,
  signal: AbortSignal,
): Promise<z.infer<typeof requestListSchema>> {
  const page = await api.get('/api/requests', {
    answer: requestListSchema,
    query: { ...wanted },
    signal,
  })
  const items = page.items.map((row): RequestRow => requestFacts.reconcile(row))
  return { ...page, items: [...notYetListed(wanted, items), ...items] }
}

/** What this page has just submitted and the read model does not have yet, where it will stand. */
function notYetListed(wanted: RequestFilters & PageWanted, items: RequestRow[]): RequestRow[] {
  for (const { id } of items) provisionalRequests.delete(id)
  const { view = 'all', sort = 'newest', cursor, limit: _limit, ...narrowing } = wanted
  const isWhole = Object.values(narrowing).every((value) => value === undefined)
  const own = view === 'all' || view === 'mine'
  return own && isWhole && sort === 'newest' && !cursor ? [...provisionalRequests.values()].toReversed() : []
}

export const getRequest = (id: string, signal: AbortSignal) =>
  api.get(`/api/requests/${encodeURIComponent(id)}`, { answer: requestDetailSchema, signal })

export const getResultPage = (
  id: string,
  wanted: { statement: number; offset: number; limit: number },
  signal: AbortSignal,
) =>
  api.get(`/api/requests/${encodeURIComponent(id)}/result`, {
    answer: resultPageSchema,
    query: wanted,
    signal,
  })

export const getHistory = (id: string, signal: AbortSignal) =>
  api.get(`/api/requests/${encodeURIComponent(id)}/history`, { answer: historySchema, signal })

export const getScriptApi = (engine: string) => api.getText('/api/script-api', { engine })
