import { z } from 'zod'
import { instantSchema, roleSchema, uuidSchema } from '../vocabulary.ts'

/** Who did it, as they were at that moment: a person, a service acting by itself, or nobody known (a refused login). */
export const actorSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), id: uuidSchema, name: z.string(), role: roleSchema }),
  z.object({ kind: z.literal('service'), name: z.string() }),
  z.object({ kind: z.literal('anonymous') }),
])
export type Actor = z.infer<typeof actorSchema>

/** What a command was: `bodyDigest` is an HMAC-SHA-256 under a key of the service, because a body may hold a password. */
export const commandFingerprintSchema = z.object({
  method: z.string(),
  path: z.string(),
  bodyDigest: z.string(),
})
export type CommandFingerprint = z.infer<typeof commandFingerprintSchema>

/**
 * Carried by every event beside its data. `at` is the service's clock; the store's own `created` stands beside it and
 * the log position alone orders. `causationId` is the event that led to this one, where there is one.
 */
export const eventMetadataSchema = z.object({
  actor: actorSchema,
  at: instantSchema,
  correlationId: z.string().min(1),
  causationId: uuidSchema.optional(),
  schemaVersion: z.int().positive(),
  sourceAddress: z.string().optional(),
  /** Of a command with an Idempotency-Key: what it was, so that the same key with anything else is refused. */
  command: commandFingerprintSchema.optional(),
})
export type EventMetadata = z.infer<typeof eventMetadataSchema>
