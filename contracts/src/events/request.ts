import { z } from 'zod'
import { executionLimitsSchema } from '../limits.ts'
import { cutReasonSchema, executionErrorSchema } from '../result.ts'
import {
  effectsSchema,
  engineSchema,
  environmentSchema,
  podIdSchema,
  requestKindSchema,
  sha256Schema,
  transactionModeSchema,
  uuidSchema,
} from '../vocabulary.ts'

const outcomeSchema = z.object({
  executionId: uuidSchema,
  /** null when the result was lost with the executor, or nothing ran. */
  resultId: uuidSchema.nullable(),
  resultSha256: sha256Schema.nullable(),
  statementCount: z.int().nonnegative(),
  storedRows: z.int().nonnegative(),
  /** null when the target doesn't say it of every statement. */
  affectedRows: z.int().nonnegative().nullable(),
  cutBy: cutReasonSchema.nullable(),
  durationMs: z.number().nonnegative(),
  /** True when the outcome was found out afterwards, by recovery, and not by the executor that ran it. */
  recovered: z.boolean(),
})

const keptResultSchema = z.object({
  resultId: uuidSchema,
  resultSha256: sha256Schema,
  statementCount: z.int().nonnegative(),
  storedRows: z.int().nonnegative(),
})

/** Data of the events of `request-<uuid>`, by type. An event's meaning never changes in place; see docs/glossary.md. */
export const requestEventSchemas = {
  RequestSubmitted: z.object({
    requestId: uuidSchema,
    requesterId: uuidSchema,
    podId: podIdSchema,
    instanceId: uuidSchema,
    /** Revision of the instance's stream that the requester saw; the executor runs on no other. */
    instanceRevision: z.int().nonnegative(),
    /** What the instance was then; absent in logs of earlier versions. */
    environment: environmentSchema.optional(),
    engine: engineSchema,
    database: z.string(),
    kind: requestKindSchema,
    content: z.string(),
    contentHash: sha256Schema,
    fileName: z.string().nullable(),
    transactionMode: transactionModeSchema,
    comment: z.string(),
    ticket: z.string().nullable(),
    limits: executionLimitsSchema,
    /** The request this one repeats, if any; its approval is never reused. */
    resubmissionOf: uuidSchema.nullable(),
  }),
  RequestApproved: z.object({
    contentHash: sha256Schema,
    instanceRevision: z.int().nonnegative(),
    /** The environment that it was approved for; absent in logs of earlier versions. */
    environment: environmentSchema.optional(),
    /** Revisions of the approver's stream and of the pod's that the right to approve was read from; absent in logs of earlier versions. */
    approverRevision: z.int().nonnegative().optional(),
    podRevision: z.int().nonnegative().optional(),
  }),
  /** The approver or the pod had changed before the approval was written: it never counted, and the request waits again. */
  ApprovalVoided: z.object({ approvalEventId: uuidSchema, reason: z.string() }),
  /** Somebody wanted to approve whom the requester controls: what stands against it, by the events that say so. */
  ApprovalRefused: z.object({ reason: z.string(), standing: z.array(uuidSchema).min(1) }),
  RequestRejected: z.object({ reason: z.string() }),
  RequestWithdrawn: z.object({}),
  /** Someone with the right to do so asked to stop a run; the executor answers with the outcome. */
  CancellationRequested: z.object({ executionId: uuidSchema }),
  /** It will never run (before the claim), or it was stopped while running: `effects` says what the target kept. */
  RequestCancelled: z.object({
    executionId: uuidSchema.nullable(),
    effects: effectsSchema,
    resultId: uuidSchema.nullable(),
    resultSha256: sha256Schema.nullable(),
    cancelledBy: uuidSchema,
  }),
  /** The claim: appended by one executor before it touches the target. */
  ExecutionStarted: z.object({
    executionId: uuidSchema,
    executorId: z.string(),
    contentHash: sha256Schema,
    instanceRevision: z.int().nonnegative(),
    approvalEventId: uuidSchema,
  }),
  /** PostgreSQL's transaction id, recorded before COMMIT, so that `pg_xact_status` can be asked after a crash. */
  TransactionOpened: z.object({
    executionId: uuidSchema,
    transactionId: z.string(),
    /** Which cluster gave out that id; absent where it doesn't say, and in logs of earlier versions. */
    systemIdentifier: z.string().optional(),
  }),
  /** One statement that a script sent through the broker. Long texts are cut, their SHA-256 is of the whole. */
  StatementExecuted: z.object({
    executionId: uuidSchema,
    ordinal: z.int().nonnegative(),
    text: z.string(),
    textSha256: sha256Schema,
    parameters: z.string().nullable(),
    rowCount: z.int().nullable(),
    affectedRows: z.int().nullable(),
    durationMs: z.number().nonnegative(),
    error: executionErrorSchema.nullable(),
    /** There when what it had done was undone within the run. */
    outcome: z.literal('rolled-back').optional(),
  }),
  RequestExecuted: outcomeSchema,
  RequestFailed: outcomeSchema.extend({ error: executionErrorSchema, effects: effectsSchema }),
  ExecutionOutcomeUnknown: z.object({
    executionId: uuidSchema,
    reason: z.string(),
    transactionId: z.string().nullable(),
    /** The result of the statements that had answered; absent when none is kept, and in logs of earlier versions. */
    kept: keptResultSchema.optional(),
    /** There when it was found out afterwards; absent in what the run itself tells, and in logs of earlier versions. */
    recovered: z.literal(true).optional(),
  }),
  ExecutionOutcomeSettled: z.object({
    executionId: uuidSchema,
    outcome: z.enum(['EXECUTED', 'FAILED']),
    reason: z.string(),
  }),
}
