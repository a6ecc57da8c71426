import { z } from 'zod'
import { positionSchema } from '../vocabulary.ts'

/**
 * Answer of GET /api/operations. `parkedWork` counts approvals and connection tests that are put aside in the executors' group; null when the
 * event store does not say.
 */
export const operationsSchema = z.object({
  parkedWork: z.int().nonnegative().nullable(),
  position: positionSchema,
})
export type Operations = z.infer<typeof operationsSchema>
