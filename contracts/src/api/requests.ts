import { z } from 'zod'
import { actorSchema } from '../events/metadata.ts'
import { executionLimitsSchema, maxCommentLength, maxReasonLength, minReasonLength } from '../limits.ts'
import { cellSchema, cutReasonSchema, executionErrorSchema, resultHeadSchema } from '../result.ts'
import {
  effectsSchema,
  engineSchema,
  instantSchema,
  podIdSchema,
  positionSchema,
  requestKindSchema,
  requestStatusSchema,
  sha256Schema,
  transactionModeSchema,
  uuidSchema,
} from '../vocabulary.ts'
import { lineOfText, linesOfText, searchedWords, visibleLength } from '../text.ts'
import { listQuerySchema, listValues, pageOf, personSchema, targetSchema, verdictSchema } from './common.ts'

const comment = linesOfText('A comment', 'Say why you need this.')
  .min(1, 'Say why you need this.')
  .max(maxCommentLength, `A comment has at most ${maxCommentLength} characters.`)

const submission = {
  instanceId: uuidSchema,
  database: lineOfText('A database name', 'Choose a database.').min(1, 'Choose a database.').max(200),
  podId: podIdSchema,
  comment,
  ticket: lineOfText('A ticket').max(200).nullable().default(null),
  resubmissionOf: uuidSchema.nullable().default(null),
}

/** Body of POST /api/requests for a query. Limits of the content are checked in domain, which names limit and size found. */
export const submitQuerySchema = z.strictObject({
  ...submission,
  kind: z.literal('query'),
  content: z.string('Write a query.'),
})
export type SubmitQuery = z.infer<typeof submitQuerySchema>

/** Fields beside the file part `script` of POST /api/requests as multipart/form-data. */
export const submitScriptSchema = z.strictObject({
  ...submission,
  ticket: z.preprocess((value) => value || null, submission.ticket),
  resubmissionOf: z.preprocess((value) => value || null, submission.resubmissionOf),
  kind: z.literal('script'),
  transactionMode: transactionModeSchema.default('single'),
})
export type SubmitScript = z.infer<typeof submitScriptSchema>

/** A reason that somebody will read next year. */
export const reasonSchema = linesOfText('A reason', 'Say why.')
  .refine((text) => visibleLength(text) >= minReasonLength, {
    error: `Say why, in at least ${minReasonLength} visible characters.`,
    abort: true,
  })
  .max(maxReasonLength, `A reason has at most ${maxReasonLength} characters.`)

export const approveSchema = z.strictObject({ contentHash: sha256Schema })
export const rejectSchema = z.strictObject({ reason: reasonSchema })
export const settleSchema = z.strictObject({ outcome: z.enum(['EXECUTED', 'FAILED']), reason: reasonSchema })
export const emptyBodySchema = z.strictObject({}).optional()

/** Ready-made lists: my own, what waits for my decision, what failed in the last day, what runs now. */
export const requestViews = ['all', 'mine', 'review', 'failed', 'running'] as const
export const requestSorts = ['newest', 'oldest', 'updated'] as const

/** Query of GET /api/requests; several statuses, pods or instances are separated by commas. */
export const requestListQuerySchema = listQuerySchema.extend({
  view: z.enum(requestViews).default('all'),
  status: listValues(requestStatusSchema),
  podId: listValues(podIdSchema),
  instanceId: listValues(uuidSchema),
  requesterId: uuidSchema.optional(),
  kind: requestKindSchema.optional(),
  q: searchedWords('A search').max(200).optional(),
  sort: z.enum(requestSorts).default('newest'),
})
export type RequestListQuery = z.infer<typeof requestListQuerySchema>

/** A request in a list. `number` counts submissions in log order; `title` is the comment's first line. */
export const requestRowSchema = z.object({
  id: uuidSchema,
  number: z.int().positive(),
  title: z.string(),
  status: requestStatusSchema,
  kind: requestKindSchema,
  requester: personSchema,
  pod: z.object({ id: z.string(), name: z.string() }),
  target: targetSchema,
  database: z.string(),
  submittedAt: instantSchema,
  updatedAt: instantSchema,
  revision: z.int().nonnegative(),
})
export type RequestRow = z.infer<typeof requestRowSchema>
export const requestListSchema = pageOf(requestRowSchema)

/** Query of GET /api/review-queue: the request that is open. */
export const reviewQueueQuerySchema = z.strictObject({
  current: uuidSchema.optional(),
  minPosition: positionSchema.optional(),
})

/**
 * GET /api/review-queue: how many requests wait for the reader, oldest first; the `place` of the open one among them, from 1 (null when it
 * does not wait), and those before and after it.
 */
export const reviewQueueSchema = z.object({
  total: z.int().nonnegative(),
  place: z.int().positive().nullable(),
  first: uuidSchema.nullable(),
  previous: uuidSchema.nullable(),
  next: uuidSchema.nullable(),
  position: positionSchema,
})
export type ReviewQueue = z.infer<typeof reviewQueueSchema>

/** What can be done with a request; each with its verdict for the person who asked. */
export const requestActions = ['approve', 'reject', 'withdraw', 'cancel', 'settle'] as const
export type RequestAction = (typeof requestActions)[number]

/** The execution as far as it is known; null before the claim. */
export const executionSchema = z.object({
  id: uuidSchema,
  executorId: z.string(),
  startedAt: instantSchema,
  finishedAt: instantSchema.nullable(),
  durationMs: z.number().nullable(),
  statementCount: z.int().nullable(),
  storedRows: z.int().nullable(),
  affectedRows: z.int().nullable(),
  cutBy: cutReasonSchema.nullable(),
  resultId: uuidSchema.nullable(),
  resultSha256: sha256Schema.nullable(),
  effects: effectsSchema.nullable(),
  error: executionErrorSchema.nullable(),
  unknownReason: z.string().nullable(),
  transactionId: z.string().nullable(),
  cancellationRequestedBy: personSchema.nullable(),
  recovered: z.boolean(),
})
export type Execution = z.infer<typeof executionSchema>

/** GET /api/requests/:id */
export const requestDetailSchema = requestRowSchema.extend({
  comment: z.string(),
  ticket: z.string().nullable(),
  content: z.string(),
  contentHash: sha256Schema,
  contentBytes: z.int(),
  fileName: z.string().nullable(),
  transactionMode: transactionModeSchema,
  engine: engineSchema,
  username: z.string(),
  instanceRevision: z.int(),
  limits: executionLimitsSchema,
  resubmissionOf: uuidSchema.nullable(),
  reviewers: z.array(personSchema.extend({ as: z.enum(['manager', 'deputy']) })),
  decision: z
    .object({
      kind: z.enum(['approved', 'rejected', 'withdrawn', 'cancelled']),
      by: personSchema,
      at: instantSchema,
      reason: z.string().nullable(),
    })
    .nullable(),
  settlement: z
    .object({
      outcome: z.enum(['EXECUTED', 'FAILED']),
      by: personSchema,
      at: instantSchema,
      reason: z.string(),
    })
    .nullable(),
  execution: executionSchema.nullable(),
  actions: z.record(z.enum(requestActions), verdictSchema),
  position: positionSchema,
})
export type RequestDetail = z.infer<typeof requestDetailSchema>

/** Query of GET /api/requests/:id/result: which statement's rows, and which of them. */
export const resultQuerySchema = z.strictObject({
  statement: z.coerce.number().int().min(0).default(0),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
})

/** GET /api/requests/:id/result: the head, and a page of one statement's stored rows. */
export const resultPageSchema = z.object({
  resultId: uuidSchema,
  sha256: sha256Schema,
  head: resultHeadSchema,
  statement: z.int().nonnegative(),
  offset: z.int().nonnegative(),
  rows: z.array(z.array(cellSchema)),
})
export type ResultPage = z.infer<typeof resultPageSchema>

/**
 * One step of GET /api/requests/:id/history, replayed from the event store: the event as it is stored, and the request's state
 * after it as domain folds it. `changed` names the fields of `state` that this event changed.
 */
export const historyStepSchema = z.object({
  revision: z.int().nonnegative(),
  position: positionSchema,
  eventId: uuidSchema,
  type: z.string(),
  actor: actorSchema,
  at: instantSchema,
  storedAt: instantSchema,
  correlationId: z.string(),
  summary: z.string(),
  data: z.record(z.string(), z.unknown()),
  state: z.record(z.string(), z.unknown()),
  changed: z.array(z.string()),
  /** Why this event changes nothing: its id was there before, or the run that it tells of had ended. */
  ignored: z.enum(['repeated', 'after-end']).optional(),
})
export type HistoryStep = z.infer<typeof historyStepSchema>
/** `ignored` says in words how many of the steps change nothing, and why; null without any. */
export const historySchema = z.object({
  id: uuidSchema,
  steps: z.array(historyStepSchema),
  ignored: z.string().nullable().optional(),
})
export type History = z.infer<typeof historySchema>
