import type {
  Actor,
  Effects,
  Engine,
  Environment,
  ExecutionError,
  ExecutionLimits,
  RequestEvent,
  RequestKind,
  RequestStatus,
  TransactionMode,
} from '@sre-portal/contracts'
import { isToldOfRun } from './run.ts'

/** Who and when, of a decision or settlement, as its event's metadata tells. */
export interface Attribution {
  by: Actor
  at: string
}

export interface Decision extends Attribution {
  kind: 'approved' | 'rejected' | 'withdrawn' | 'cancelled'
  reason: string | null
}

/** What was approved, and by which revisions of approver and pod; those are not known in logs of earlier versions. */
export interface Approval {
  eventId: string
  contentHash: string
  instanceRevision: number
  /** The environment that it was approved for; not known in logs of earlier versions. */
  environment?: Environment | undefined
  approverRevision?: number | undefined
  podRevision?: number | undefined
}

/** The one execution a request can have. */
export interface Execution {
  id: string
  executorId: string
  startedAt: string
  finishedAt: string | null
  transactionId: string | null
  /** The cluster that gave out `transactionId`, where it said so. */
  systemIdentifier?: string | undefined
  statementsAudited: number
  cancellation: Attribution | null
  resultId: string | null
  resultSha256: string | null
  effects: Effects | null
  error: ExecutionError | null
  unknownReason: string | null
  recovered: boolean
}

/** A request as folded from `request-<uuid>`. */
export interface Request {
  id: string
  status: RequestStatus
  requesterId: string
  submittedAt: string
  podId: string
  instanceId: string
  instanceRevision: number
  /** Of the instance at submission; not told in logs of earlier versions. */
  environment?: Environment | undefined
  engine: Engine
  database: string
  kind: RequestKind
  content: string
  contentHash: string
  fileName: string | null
  transactionMode: TransactionMode
  comment: string
  ticket: string | null
  limits: ExecutionLimits
  resubmissionOf: string | null
  decision: Decision | null
  approval: Approval | null
  execution: Execution | null
  settlement: (Attribution & { outcome: 'EXECUTED' | 'FAILED'; reason: string }) | null
}

/** An event with what its envelope tells: its id, who caused it and when. */
export type EnvelopedRequestEvent = RequestEvent & { id: string; actor: Actor; at: string }

/** The next state of a request. @throws Error when the history is impossible, such as an event before the submission */
export function evolveRequest(state: Request | null, event: EnvelopedRequestEvent): Request | null {
  if (event.type === 'RequestSubmitted') return submitted(event)
  if (!state) throw new Error(`${event.type} before RequestSubmitted`)
  if (comesAfterTheEnd(state, event)) return state
  const { actor: by, at } = event
  switch (event.type) {
    case 'RequestApproved':
      return {
        ...state,
        status: 'APPROVED',
        decision: { kind: 'approved', by, at, reason: null },
        approval: { eventId: event.id, ...event.data },
      }
    case 'ApprovalVoided':
      return { ...state, status: 'PENDING', decision: null, approval: null }
    case 'ApprovalRefused':
      return state
    case 'RequestRejected':
      return {
        ...state,
        status: 'REJECTED',
        decision: { kind: 'rejected', by, at, reason: event.data.reason },
      }
    case 'RequestWithdrawn':
      return { ...state, status: 'WITHDRAWN', decision: { kind: 'withdrawn', by, at, reason: null } }
    case 'RequestCancelled':
      return cancelled(state, event)
    case 'ExecutionStarted':
      return {
        ...state,
        status: 'EXECUTING',
        execution: newExecution(event.data.executionId, event.data.executorId, at),
      }
    case 'CancellationRequested':
      return withExecution(state, { cancellation: { by, at } })
    case 'TransactionOpened': {
      const { transactionId, systemIdentifier } = event.data
      return withExecution(state, {
        transactionId,
        ...(systemIdentifier !== undefined && { systemIdentifier }),
      })
    }
    case 'StatementExecuted':
      return withExecution(state, { statementsAudited: event.data.ordinal + 1 })
    case 'RequestExecuted':
    case 'RequestFailed':
      return {
        ...withExecution(state, {
          finishedAt: at,
          resultId: event.data.resultId,
          resultSha256: event.data.resultSha256,
          recovered: event.data.recovered,
          effects: event.type === 'RequestFailed' ? event.data.effects : null,
          error: event.type === 'RequestFailed' ? event.data.error : null,
        }),
        status: event.type === 'RequestExecuted' ? 'EXECUTED' : 'FAILED',
      }
    case 'ExecutionOutcomeUnknown':
      return {
        ...withExecution(state, {
          finishedAt: at,
          unknownReason: event.data.reason,
          effects: 'unknown',
          recovered: event.data.recovered ?? false,
          resultId: event.data.kept?.resultId ?? null,
          resultSha256: event.data.kept?.resultSha256 ?? null,
        }),
        status: 'UNKNOWN',
      }
    case 'ExecutionOutcomeSettled':
      return {
        ...state,
        status: event.data.outcome,
        settlement: { by, at, outcome: event.data.outcome, reason: event.data.reason },
      }
  }
}

/**
 * True for what was told of a run after its end. Executors of earlier versions could append such events; the first end counts, and
 * nothing that follows it changes the request.
 */
export const comesAfterTheEnd = (state: Request | null, event: RequestEvent): boolean =>
  state !== null && state.execution !== null && state.status !== 'EXECUTING' && isToldOfRun(event)

/** Folds a request from its events, in order; null without any. */
export const foldRequest = (events: readonly EnvelopedRequestEvent[]): Request | null =>
  events.reduce<Request | null>(evolveRequest, null)

function submitted(event: EnvelopedRequestEvent & { type: 'RequestSubmitted' }): Request {
  const { requestId, ...content } = event.data
  return {
    id: requestId,
    status: 'PENDING',
    submittedAt: event.at,
    ...content,
    decision: null,
    approval: null,
    execution: null,
    settlement: null,
  }
}

function newExecution(id: string, executorId: string, startedAt: string): Execution {
  return {
    id,
    executorId,
    startedAt,
    finishedAt: null,
    transactionId: null,
    statementsAudited: 0,
    cancellation: null,
    resultId: null,
    resultSha256: null,
    effects: null,
    error: null,
    unknownReason: null,
    recovered: false,
  }
}

// Stopped while running, the decision stays what it was: it had been approved.
function cancelled(state: Request, event: EnvelopedRequestEvent & { type: 'RequestCancelled' }): Request {
  if (!state.execution)
    return {
      ...state,
      status: 'CANCELLED',
      decision: { kind: 'cancelled', by: event.actor, at: event.at, reason: null },
    }
  const { effects, resultId, resultSha256 } = event.data
  return {
    ...withExecution(state, { finishedAt: event.at, effects, resultId, resultSha256 }),
    status: 'CANCELLED',
  }
}

function withExecution(state: Request, change: Partial<Execution>): Request {
  if (!state.execution) throw new Error('An execution event before ExecutionStarted')
  return { ...state, execution: { ...state.execution, ...change } }
}
