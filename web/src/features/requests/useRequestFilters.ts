import {
  podIdSchema,
  requestKindSchema,
  requestSorts,
  requestStatusSchema,
  requestViews,
} from '@sre-portal/contracts'
import { computed } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'
import { z } from 'zod'
import type { RequestFilters } from './requestsApi.ts'

const listOf = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .pipe(z.array(item))
    .optional()
    .catch(undefined)

const addressSchema = z.object({
  view: z.enum(requestViews).optional().catch(undefined),
  status: listOf(requestStatusSchema),
  podId: listOf(podIdSchema),
  instanceId: listOf(z.uuid()),
  kind: requestKindSchema.optional().catch(undefined),
  q: z.string().max(200).optional().catch(undefined),
  sort: z.enum(requestSorts).optional().catch(undefined),
})

/** Whatever the address says that is not a filter is left out, never an error. */
export const filtersOf = (query: LocationQuery): RequestFilters => addressSchema.parse(query)

export function addressOf(filters: RequestFilters): Record<string, string> {
  const entries = Object.entries(filters).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(',') : String(value ?? ''),
  ])
  return Object.fromEntries(
    entries.filter(([name, value]) => value !== '' && !(name === 'view' && value === 'all')),
  )
}

/** The list's filters; they live in the address, so a copied link shows the same list. */
export function useRequestFilters() {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => filtersOf(route.query))
  const narrowed = computed(() => {
    const { q, status, podId, instanceId, kind } = filters.value
    return [q, kind, status?.length, podId?.length, instanceId?.length].some(Boolean)
  })
  return { filters, narrowed, change, clear }

  function change(part: RequestFilters) {
    void router.replace({ query: addressOf({ ...filters.value, ...part }) })
  }
  function clear() {
    const { view, sort } = filters.value
    void router.replace({ query: addressOf({ view, sort }) })
  }
}
