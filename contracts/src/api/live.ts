import { z } from 'zod'
import { positionSchema, requestStatusSchema, uuidSchema } from '../vocabulary.ts'

/**
 * Data of one server-sent event of GET /api/stream; its `id:` is the log position. It tells what changed, not how: the reader
 * asks again. Sent only to those who may read the subject. `reset`: the server can't replay from Last-Event-ID, so refetch all.
 */
export const liveMessageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('request'),
    position: positionSchema,
    id: uuidSchema,
    revision: z.int(),
    status: requestStatusSchema,
  }),
  z.object({ kind: z.literal('notification'), position: positionSchema }),
  z.object({ kind: z.literal('user'), position: positionSchema, id: uuidSchema }),
  z.object({ kind: z.literal('pod'), position: positionSchema, id: z.string() }),
  z.object({ kind: z.literal('instance'), position: positionSchema, id: uuidSchema }),
  z.object({ kind: z.literal('audit'), position: positionSchema }),
  z.object({ kind: z.literal('reset'), position: positionSchema }),
])
export type LiveMessage = z.infer<typeof liveMessageSchema>
