import { z } from 'zod'
import { actorSchema } from '../events/metadata.ts'
import { streamCategories } from '../events/index.ts'
import { searchedWords } from '../text.ts'
import { instantBoundSchema, instantSchema, positionSchema, uuidSchema } from '../vocabulary.ts'
import { listQuerySchema, pageOf } from './common.ts'

/** One audit entry: one event of the log, whoever caused it, with a sentence for people. Newest first. */
export const auditEntrySchema = z.object({
  position: positionSchema,
  eventId: uuidSchema,
  type: z.string(),
  category: z.enum(streamCategories),
  /** Id of the aggregate: a request's, a user's, a pod's, an instance's. */
  subjectId: z.string(),
  /** What the subject is called: `#12`, a user's or instance's name. */
  subject: z.string(),
  revision: z.int().nonnegative(),
  actor: actorSchema,
  at: instantSchema,
  storedAt: instantSchema,
  summary: z.string(),
  correlationId: z.string(),
  sourceAddress: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>
/** `ignored` counts the events of the log that change nothing and have no entry: their id was there before, or their run had ended. */
export const auditListSchema = pageOf(auditEntrySchema).extend({
  ignored: z.object({ repeated: z.int().nonnegative(), afterEnd: z.int().nonnegative() }).optional(),
})

/** Query of GET /api/audit; `from` and `to` bound the instant (from inclusive, to exclusive); a plain date is its beginning in UTC. */
export const auditQuerySchema = listQuerySchema.extend({
  category: z.enum(streamCategories).optional(),
  type: searchedWords('An event type').max(100).optional(),
  actorId: uuidSchema.optional(),
  subjectId: searchedWords('A subject').max(100).optional(),
  q: searchedWords('A search').max(200).optional(),
  from: instantBoundSchema.optional(),
  to: instantBoundSchema.optional(),
})
export type AuditQuery = z.infer<typeof auditQuerySchema>
