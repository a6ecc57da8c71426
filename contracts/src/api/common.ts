import { z } from 'zod'
import { environmentSchema, engineSchema, positionSchema } from '../vocabulary.ts'

/**
 * Answer of every command: which aggregate, its new revision, and the log position to wait for. A query that carries
 * `minPosition` answers once the read model has reached it (or after a bounded wait, saying its own position in `X-Position`).
 */
export const acceptedSchema = z.object({
  id: z.string(),
  revision: z.int().nonnegative(),
  position: positionSchema,
})
export type Accepted = z.infer<typeof acceptedSchema>

/** A list's page. `nextCursor` is opaque and null on the last page; `total` counts all that match within the reader's scope. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    total: z.int().nonnegative(),
    nextCursor: z.string().nullable(),
    position: positionSchema,
  })

/** A page from which one can also go back: `before` counts the rows ahead of it, `previousCursor` is null on the first page. */
export const steppedPageOf = <T extends z.ZodType>(item: T) =>
  pageOf(item).extend({ before: z.int().nonnegative(), previousCursor: z.string().nullable() })

/** Several values of a query parameter, separated by commas. */
export const listValues = <T extends z.ZodType>(item: T, most = 20) =>
  z
    .preprocess((value) => (typeof value === 'string' ? value.split(',') : value), z.array(item).max(most))
    .optional()

/** Query parameters that every list takes. `limit` up to 200. */
export const listQuerySchema = z.strictObject({
  cursor: z
    .string()
    .max(2000)
    .regex(/^[\w-]*$/, 'must be a cursor that a list has answered')
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  minPosition: positionSchema.optional(),
})

/** Header in which every query answers the log position that its read model had reached. */
export const positionHeader = 'X-Position'
/** Header by which a client makes a command safe to send twice: 16 to 128 characters of its own choice, best a UUID. */
export const idempotencyKeyHeader = 'Idempotency-Key'

/** A person named in passing. */
export const personSchema = z.object({ id: z.string(), name: z.string() })
export type Person = z.infer<typeof personSchema>

/** An instance named in passing. */
export const targetSchema = z.object({
  id: z.string(),
  name: z.string(),
  engine: engineSchema,
  environment: environmentSchema,
})
export type Target = z.infer<typeof targetSchema>

/** May this person do it now, and if not, why: a sentence to show as it stands. Answered by domain/rights on every path. */
export const verdictSchema = z.discriminatedUnion('allowed', [
  z.object({ allowed: z.literal(true) }),
  z.object({ allowed: z.literal(false), reason: z.string() }),
])
export type ActionVerdict = z.infer<typeof verdictSchema>
