import { instantBoundSchema, streamCategories } from '@sre-portal/contracts'
import { computed } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'
import { z } from 'zod'

const instant = instantBoundSchema.optional().catch(undefined)
const text = z.string().max(200).optional().catch(undefined)

const addressSchema = z.object({
  category: z.enum(streamCategories).optional().catch(undefined),
  type: text,
  actorId: z.uuid().optional().catch(undefined),
  subjectId: text,
  q: text,
  from: instant,
  to: instant,
})
export type AuditFilters = {
  [K in keyof z.infer<typeof addressSchema>]: z.infer<typeof addressSchema>[K] | undefined
}

export const auditFiltersOf = (query: LocationQuery): AuditFilters => addressSchema.parse(query)

export function auditAddressOf(filters: AuditFilters): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filters).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  )
}

/** The audit log's filters, in the address. */
export function useAuditFilters() {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => auditFiltersOf(route.query))
  const narrowed = computed(() => Object.keys(auditAddressOf(filters.value)).length > 0)
  return {
    filters,
    narrowed,
    change: (part: AuditFilters) =>
      void router.replace({ query: auditAddressOf({ ...filters.value, ...part }) }),
    clear: () => void router.replace({ query: {} }),
  }
}
