import { z } from 'zod'

/** What a person may be. The rights of each role are the table in docs/glossary.md; the rules are in domain/rights. */
export const roles = ['DEVELOPER', 'MANAGER', 'ADMIN'] as const
/** One role a user. */
export const roleSchema = z.enum(roles)
export type Role = z.infer<typeof roleSchema>

/** The life of a request, one word each; the same word in code, API, table and screen. */
export const requestStatuses = [
  'PENDING',
  'APPROVED',
  'REJECTED',
  'WITHDRAWN',
  'CANCELLED',
  'EXECUTING',
  'EXECUTED',
  'FAILED',
  'UNKNOWN',
] as const
/** Status of a request. UNKNOWN: it was started and nobody can know what the target did until a person settles it. */
export const requestStatusSchema = z.enum(requestStatuses)
export type RequestStatus = z.infer<typeof requestStatusSchema>

/** Database products that a request can run on. */
export const engines = ['postgresql', 'mongodb'] as const
export const engineSchema = z.enum(engines)
export type Engine = z.infer<typeof engineSchema>

/** What is submitted: text in the database's own language, or a JavaScript file that runs in the sandbox. */
export const requestKinds = ['query', 'script'] as const
export const requestKindSchema = z.enum(requestKinds)
export type RequestKind = z.infer<typeof requestKindSchema>

/**
 * How a script's statements on PostgreSQL are committed: `single` runs all of them in one transaction,
 * `per-statement` commits each by itself. Queries are always `single`.
 */
export const transactionModes = ['single', 'per-statement'] as const
export const transactionModeSchema = z.enum(transactionModes)
export type TransactionMode = z.infer<typeof transactionModeSchema>

/** How much depends on an instance; shown beside its name wherever a decision is taken. */
export const environments = ['production', 'staging', 'development'] as const
export const environmentSchema = z.enum(environments)
export type Environment = z.infer<typeof environmentSchema>

/** What is known of the target's data after an execution that did not succeed. */
export const effectsKinds = ['none', 'rolled-back', 'partial', 'unknown'] as const
/** `none`: nothing was sent that could change data; `rolled-back`: undone by the database; `partial`: some statements were committed, or may have done what no rollback takes back. */
export const effectsSchema = z.enum(effectsKinds)
export type Effects = z.infer<typeof effectsSchema>

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 lower-case hexadecimal digits')

/** Short name used as a pod's id: lower-case letters, digits and dashes. */
export const podIdSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/,
    'must be 3 to 40 lower-case letters, digits and dashes, starting with a letter',
  )

/** UUID in canonical form, the id of requests, users, instances, executions and results. */
export const uuidSchema = z.uuid('must be a UUID')

const largestPosition = 2n ** 63n - 1n

/** Position in the event store's global log, a decimal string (64 bit). */
export const positionSchema = z
  .string()
  .regex(/^\d{1,19}$/, { error: 'must be a log position: decimal digits', abort: true })
  .refine((digits) => BigInt(digits) <= largestPosition, `must be a log position: at most ${largestPosition}`)

/** Instant as ISO 8601 in UTC with milliseconds. */
export const instantSchema = z.iso.datetime()

const firstYear = 1
const lastYear = 9999

/** The instant that a date or date-time of RFC 3339 names, as `instantSchema` has it; null for anything else. */
function instantOf(text: string): string | null {
  // In a URL a plus sign means a blank; where an offset begins it can't mean anything else.
  const written = text.toUpperCase().replace(/(:\d\d(?:\.\d+)?) (?=\d\d:\d\d$)/, '$1+')
  const isDate = z.iso.date().safeParse(written).success
  if (!isDate && !z.iso.datetime({ offset: true }).safeParse(written).success) return null
  const whole = Date.parse(written.replace(/\.\d+/, ''))
  const fraction = /\.\d+/.exec(written)?.[0] ?? ''
  // Instants have milliseconds: a finer bound stands before the next one.
  const instant = new Date(whole + Math.ceil(Number(`0${fraction}`) * 1000))
  const year = instant.getUTCFullYear()
  return year >= firstYear && year <= lastYear ? instant.toISOString() : null
}

/** A bound of instants in a query: a date or date-time of RFC 3339 with any offset, from year 1 to 9999; answered in UTC. */
export const instantBoundSchema = z
  .string()
  .max(64)
  .refine((text) => instantOf(text) !== null, {
    error: 'must be a date or date-time of RFC 3339, such as 2026-11-25 or 2026-11-25T15:30:00+05:30',
    abort: true,
  })
  .overwrite((text) => instantOf(text) ?? text)
