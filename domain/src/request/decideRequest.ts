import type {
  Actor,
  Environment,
  ExecutionLimits,
  RequestEvent,
  RequestKind,
  TransactionMode,
} from '@sre-portal/contracts'
import { contentHashOf, ensureContent } from '../content.ts'
import { DomainError } from '../domainError.ts'
import type { Lineage } from '../identity/lineage.ts'
import type { Instance } from '../instance/instance.ts'
import type { Pod } from '../pod/pod.ts'
import {
  mayActOnRequest,
  mayUsePortal,
  type Approver,
  type Person,
  type RequestInQuestion,
} from '../rights.ts'
import { ensure } from '../verdict.ts'
import type { User } from '../user/user.ts'
import { mayApprove } from './mayApprove.ts'
import type { Request } from './request.ts'

/** What people do with requests. Pod and instance are passed as they are now. */
export type RequestCommand =
  | {
      type: 'SubmitRequest'
      requestId: string
      pod: Pod | null
      instance: Instance | null
      database: string
      kind: RequestKind
      content: string
      fileName: string | null
      transactionMode: TransactionMode
      comment: string
      ticket: string | null
      limits: ExecutionLimits
      resubmissionOf: string | null
    }
  | {
      type: 'ApproveRequest'
      pod: Pod | null
      instance: Instance | null
      requester: Pick<User, 'name' | 'active'> | null
      /** Of the instance when the request was submitted; null when no log tells it. */
      submittedEnvironment: Environment | null
      contentHash: string
      /** Revisions that `person` and `pod` were read at. */
      approverRevision: number
      podRevision: number
      /** Of `person` as one who decides for `pod`. */
      lineage: Lineage
    }
  | { type: 'RejectRequest'; pod: Pod | null; reason: string }
  | { type: 'WithdrawRequest'; pod: Pod | null }
  | { type: 'CancelRequest'; pod: Pod | null }
  | { type: 'SettleRequest'; pod: Pod | null; outcome: 'EXECUTED' | 'FAILED'; reason: string }

/** What a person's command on a request brings about. @throws DomainError with the sentence to show; nothing is changed then */
export function decideRequest(
  state: Request | null,
  person: Approver,
  command: RequestCommand,
): RequestEvent[] {
  if (command.type === 'SubmitRequest') return submit(state, person, command)
  if (!state) throw new DomainError('not_found', 'There is no such request.')
  const question = inQuestion(state)
  switch (command.type) {
    case 'ApproveRequest':
      ensure(
        mayApprove(person, question, command.pod, command.lineage, {
          submitted: { ...state, environment: command.submittedEnvironment },
          instance: command.instance,
          requester: command.requester,
        }),
      )
      return [approve(state, command)]
    case 'RejectRequest':
      ensure(mayActOnRequest(person, 'reject', question, command.pod))
      return [{ type: 'RequestRejected', data: { reason: command.reason } }]
    case 'WithdrawRequest':
      ensure(mayActOnRequest(person, 'withdraw', question, command.pod))
      return [{ type: 'RequestWithdrawn', data: {} }]
    case 'CancelRequest':
      ensure(mayActOnRequest(person, 'cancel', question, command.pod))
      return [cancel(state, person)]
    case 'SettleRequest':
      ensure(mayActOnRequest(person, 'settle', question, command.pod))
      return [settle(state, command.outcome, command.reason)]
  }
}

/** The part of a request that rights depend on. */
export const inQuestion = (request: Request): RequestInQuestion => ({
  requesterId: request.requesterId,
  podId: request.podId,
  status: request.status,
  decision: request.decision,
  cancellationRequested: (request.execution?.cancellation ?? null) !== null,
})

/** A person as the actor of an event. */
export const actorOf = (person: Person & { name: string }): Actor => ({
  kind: 'user',
  id: person.id,
  name: person.name,
  role: person.role,
})

function submit(
  state: Request | null,
  person: Person,
  command: RequestCommand & { type: 'SubmitRequest' },
): RequestEvent[] {
  if (state) throw new DomainError('conflict', 'A request with this id exists already.')
  ensure(mayUsePortal(person, 'submit'))
  const { type: _, requestId, pod, instance, ...rest } = command
  if (!pod) throw fieldFault('podId', 'There is no such pod.')
  if (!instance || instance.retired)
    throw fieldFault('instanceId', 'There is no such instance, or it is retired.')
  if (!instance.databases.includes(rest.database))
    throw fieldFault(
      'database',
      `${instance.name} has no database "${rest.database}"; it has ${instance.databases.join(', ')}.`,
    )
  ensureContent(rest.kind, rest.content)
  return [
    {
      type: 'RequestSubmitted',
      data: {
        requestId,
        requesterId: person.id,
        podId: pod.id,
        instanceId: instance.id,
        instanceRevision: instance.connectionRevision,
        environment: instance.environment,
        engine: instance.engine,
        contentHash: contentHashOf(rest.content),
        ...rest,
      },
    },
  ]
}

function approve(
  state: Request,
  {
    instance,
    submittedEnvironment,
    contentHash,
    approverRevision,
    podRevision,
  }: RequestCommand & { type: 'ApproveRequest' },
): RequestEvent {
  if (contentHash !== state.contentHash)
    throw new DomainError(
      'conflict',
      'What you saw is not what would run: the content hash differs. Load the request again and read it before you approve.',
    )
  return {
    type: 'RequestApproved',
    data: {
      contentHash,
      instanceRevision: state.instanceRevision,
      environment: submittedEnvironment ?? instance?.environment,
      approverRevision,
      podRevision,
    },
  }
}

function cancel(state: Request, person: Person): RequestEvent {
  if (state.status === 'EXECUTING' && state.execution)
    return { type: 'CancellationRequested', data: { executionId: state.execution.id } }
  return {
    type: 'RequestCancelled',
    data: { executionId: null, effects: 'none', resultId: null, resultSha256: null, cancelledBy: person.id },
  }
}

function settle(state: Request, outcome: 'EXECUTED' | 'FAILED', reason: string): RequestEvent {
  if (!state.execution) throw new Error('An UNKNOWN request without an execution')
  return { type: 'ExecutionOutcomeSettled', data: { executionId: state.execution.id, outcome, reason } }
}

const fieldFault = (path: string, message: string) =>
  new DomainError('unprocessable', message, [{ path, message }])
