import type { RequestDetail } from '@sre-portal/contracts'
import type { SubmissionDraft } from './draftShelf.ts'
import { getRequest } from './requestsApi.ts'

/** A request that was submitted, and what of it a new draft begins with. */
export async function readSubmitted(
  id: string,
): Promise<{ request: RequestDetail; words: Partial<SubmissionDraft> }> {
  const request = await getRequest(id, new AbortController().signal)
  return { request, words: draftOf(request) }
}

function draftOf(request: RequestDetail): Partial<SubmissionDraft> {
  return {
    kind: request.kind,
    ...(request.kind === 'query'
      ? { query: request.content }
      : { script: request.content, fileName: request.fileName }),
    instanceId: request.target.id,
    database: request.database,
    podId: request.pod.id,
    comment: request.comment,
    ticket: request.ticket ?? '',
    transactionMode: request.transactionMode,
    resubmissionOf: request.id,
  }
}
