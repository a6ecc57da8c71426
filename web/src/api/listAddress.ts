import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { z } from 'zod'

const cursorSchema = z
  .string()
  .regex(/^[\w-]{1,2000}$/)
  .optional()
  .catch(undefined)

/** Words, or one of a few values, of a filter in the address; what is none is left out, never an error. */
export const wordsFilter = z.string().max(200).optional().catch(undefined)
export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).optional().catch(undefined)
export const idFilter = z.uuid().optional().catch(undefined)

/** Filters and place of a list, in the address: a reload, the way back and a shared link show the same. */
export function useListAddress<Shape extends Record<string, z.ZodType<string | undefined>>>(shape: Shape) {
  type Filters = { [Name in keyof Shape]?: string | undefined }
  const schema = z.object(shape)
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => written(schema.parse(route.query) as Filters))
  const cursor = computed(() => cursorSchema.parse(route.query.cursor))
  const narrowed = computed(() => Object.keys(filters.value).length > 0)
  const query = computed(() => ({ ...filters.value, ...(cursor.value && { cursor: cursor.value }) }))
  return { filters, cursor, narrowed, query, placeAt, change, clear }

  /** The address of another page of the same list; null: the first. */
  function placeAt(other: string | null) {
    return { query: { ...filters.value, ...(other && { cursor: other }) } }
  }
  /** Another list begins at its beginning. */
  function change(part: Filters) {
    void router.replace({ query: written({ ...filters.value, ...part }) })
  }
  function clear() {
    void router.replace({ query: {} })
  }
}

const written = (filters: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(filters).filter((entry): entry is [string, string] => Boolean(entry[1])))
