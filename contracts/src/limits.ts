import { z } from 'zod'

const kibibyte = 1024

/** Longest query text, in bytes of UTF-8. */
export const maxQueryBytes = 256 * kibibyte
/** Longest script, in bytes of UTF-8. */
export const maxScriptBytes = 512 * kibibyte
/** Longest comment (why the request is needed), in characters. */
export const maxCommentLength = 2000
/** Longest reason of a rejection or settlement, in characters. */
export const maxReasonLength = 2000
/** Shortest reason that says something, in characters. */
export const minReasonLength = 10
/** Longest password, in bytes: caps the work before hashing. */
export const maxPasswordBytes = 1024
/** Shortest password, in characters. */
export const minPasswordLength = 12
/** Largest event that is appended, in bytes; below EventStoreDB's default limit of 1 MiB for one append. */
export const maxEventBytes = 1_000_000

/** The bounds of one execution, frozen into the request at submission. */
export const executionLimitsSchema = z.object({
  timeMs: z.int().positive(),
  maxRows: z.int().positive(),
  maxResultBytes: z.int().positive(),
  maxLogBytes: z.int().positive(),
  maxStatements: z.int().positive(),
})
export type ExecutionLimits = z.infer<typeof executionLimitsSchema>

/** The limits of product and documentation: 30 s, 10,000 rows or 10 MiB stored, 1 MiB of logs, 5,000 statements. */
export const defaultExecutionLimits: ExecutionLimits = {
  timeMs: 30_000,
  maxRows: 10_000,
  maxResultBytes: 10 * kibibyte * kibibyte,
  maxLogBytes: kibibyte * kibibyte,
  maxStatements: 5_000,
}
