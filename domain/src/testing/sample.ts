import { defaultExecutionLimits, type RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '../content.ts'
import { noIdentity } from '../identity/identity.ts'
import type { Instance } from '../instance/instance.ts'
import type { Pod } from '../pod/pod.ts'
import type { RequestCommand } from '../request/decideRequest.ts'
import { foldRequest, type EnvelopedRequestEvent, type Request } from '../request/request.ts'
import type { User } from '../user/user.ts'

const person = (digit: string, name: string, role: User['role']): User => ({
  id: `00000000-0000-4000-8000-00000000000${digit}`,
  email: `${name.toLowerCase()}@example.org`,
  name,
  role,
  active: true,
  demo: false,
  identity: noIdentity,
})

/** The cast of the specs. */
export const dana = person('1', 'Dana', 'DEVELOPER')
export const dmitri = person('2', 'Dmitri', 'DEVELOPER')
export const grace = person('3', 'Grace', 'MANAGER')
export const pavel = person('4', 'Pavel', 'MANAGER')
export const otto = person('5', 'Otto', 'MANAGER')
export const ada = person('6', 'Ada', 'ADMIN')

/** Grace's pod, with Pavel as her deputy; Otto has another. */
export const payments: Pod = {
  id: 'payments',
  name: 'Payments',
  managerId: grace.id,
  deputyIds: [pavel.id],
  memberships: {},
}

export const orders: Instance = {
  id: '00000000-0000-4000-8000-0000000000a1',
  name: 'orders@prod',
  engine: 'postgresql',
  environment: 'production',
  endpoint: { kind: 'host', host: 'db.example.org', port: 5432, tls: true },
  databases: ['orders'],
  username: 'app_rw',
  retired: false,
  connectionRevision: 0,
}

export const requestId = '00000000-0000-4000-8000-0000000000b1'
export const executionId = '00000000-0000-4000-8000-0000000000c1'
export const query = 'select count(*) from orders'

export const submission: RequestCommand & { type: 'SubmitRequest' } = {
  type: 'SubmitRequest',
  requestId,
  pod: payments,
  instance: orders,
  database: 'orders',
  kind: 'query',
  content: query,
  fileName: null,
  transactionMode: 'single',
  comment: 'Finance asks.',
  ticket: null,
  limits: defaultExecutionLimits,
  resubmissionOf: null,
}

/** What the submission brings about when Dana makes it. */
export const submitted: RequestEvent & { type: 'RequestSubmitted' } = {
  type: 'RequestSubmitted',
  data: {
    requestId,
    requesterId: dana.id,
    podId: 'payments',
    instanceId: orders.id,
    instanceRevision: 0,
    environment: 'production',
    engine: 'postgresql',
    database: 'orders',
    kind: 'query',
    content: query,
    contentHash: contentHashOf(query),
    fileName: null,
    transactionMode: 'single',
    comment: 'Finance asks.',
    ticket: null,
    limits: defaultExecutionLimits,
    resubmissionOf: null,
  },
}

export const approved: RequestEvent = {
  type: 'RequestApproved',
  data: { contentHash: contentHashOf(query), instanceRevision: 0 },
}

export const started: RequestEvent = {
  type: 'ExecutionStarted',
  data: {
    executionId,
    executorId: 'executor-1',
    contentHash: contentHashOf(query),
    instanceRevision: 0,
    approvalEventId: '00000000-0000-4000-8000-000000000e01',
  },
}

export const unknown: RequestEvent = {
  type: 'ExecutionOutcomeUnknown',
  data: { executionId, reason: 'The executor is gone.', transactionId: null },
}

/** An event as stored: the n-th of its stream, at 14:0n, by the given person. */
export const stored = (event: RequestEvent, index: number, by: User = grace): EnvelopedRequestEvent => ({
  ...event,
  id: `00000000-0000-4000-8000-000000000e0${index}`,
  actor: { kind: 'user', id: by.id, name: by.name, role: by.role },
  at: `2026-11-23T14:0${index}:00.000Z`,
})

/** A request after these events. */
export const after = (...events: RequestEvent[]): Request | null =>
  foldRequest(events.map((event, index) => stored(event, index)))
