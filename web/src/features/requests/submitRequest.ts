import {
  defaultExecutionLimits,
  type InstanceRow,
  type PodRow,
  type RequestDetail,
  type SessionUser,
} from '@sre-portal/contracts'
import { api } from '../../api/api.ts'
import { bytesOf, sha256Of } from './contentFacts.ts'
import { provisionalRequests, unnumbered } from './provisionalRequests.ts'
import { contentOf, type SubmissionDraft } from './draftShelf.ts'

interface Submission {
  draft: SubmissionDraft
  idempotencyKey: string
  instance: InstanceRow
  pod: PodRow
  user: SessionUser
}

/** Sends the draft; the page of the new request can open at once from what was typed. */
export async function submitRequest(submission: Submission): Promise<string> {
  const { draft, idempotencyKey } = submission
  const body = draft.kind === 'query' ? queryBody(draft) : scriptBody(draft)
  const accepted = await api.command('/api/requests', { body, idempotencyKey })
  provisionalRequests.set(accepted.id, await provisional(submission, accepted))
  return accepted.id
}

function queryBody(draft: SubmissionDraft) {
  const { instanceId, database, podId, comment, ticket, resubmissionOf } = draft
  return {
    kind: 'query',
    instanceId,
    database,
    podId,
    comment,
    ticket: ticket.trim() || null,
    resubmissionOf,
    content: draft.query,
  }
}

function scriptBody(draft: SubmissionDraft): FormData {
  const form = new FormData()
  form.set('kind', 'script')
  form.set('instanceId', draft.instanceId)
  form.set('database', draft.database)
  form.set('podId', draft.podId)
  form.set('comment', draft.comment)
  form.set('ticket', draft.ticket.trim())
  form.set('resubmissionOf', draft.resubmissionOf ?? '')
  form.set('transactionMode', draft.transactionMode)
  form.set('script', new File([draft.script], draft.fileName ?? 'script.js', { type: 'text/javascript' }))
  return form
}

async function provisional(
  { draft, instance, pod, user }: Submission,
  accepted: { id: string; revision: number; position: string },
): Promise<RequestDetail> {
  const content = contentOf(draft)
  const now = new Date().toISOString()
  const wait = { allowed: false, reason: 'This request is being recorded.' } as const
  const deputies = pod.deputies.map((deputy) => ({ ...deputy, as: 'deputy' as const }))
  const reviewers = pod.manager ? [{ ...pod.manager, as: 'manager' as const }, ...deputies] : deputies
  return {
    id: accepted.id,
    number: unnumbered,
    title: draft.comment.trim().split('\n')[0] ?? '',
    status: 'PENDING',
    kind: draft.kind,
    requester: { id: user.id, name: user.name },
    pod: { id: pod.id, name: pod.name },
    target: {
      id: instance.id,
      name: instance.name,
      engine: instance.engine,
      environment: instance.environment,
    },
    database: draft.database,
    submittedAt: now,
    updatedAt: now,
    revision: accepted.revision,
    comment: draft.comment.trim(),
    ticket: draft.ticket.trim() || null,
    content,
    contentHash: (await sha256Of(content)) ?? '',
    contentBytes: bytesOf(content),
    fileName: draft.kind === 'script' ? (draft.fileName ?? 'script.js') : null,
    transactionMode: draft.kind === 'script' ? draft.transactionMode : 'single',
    engine: instance.engine,
    username: '',
    instanceRevision: instance.revision,
    limits: defaultExecutionLimits,
    resubmissionOf: draft.resubmissionOf,
    reviewers: reviewers.filter((reviewer) => reviewer.id !== user.id),
    decision: null,
    settlement: null,
    execution: null,
    actions: { approve: wait, reject: wait, withdraw: wait, cancel: wait, settle: wait },
    position: accepted.position,
  }
}
