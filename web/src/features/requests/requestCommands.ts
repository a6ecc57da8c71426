import type { Accepted, ActionVerdict, RequestAction, RequestDetail } from '@sre-portal/contracts'
import { useQueryCache } from '@pinia/colada'
import { api } from '../../api/api.ts'
import { refreshQueries } from '../../api/refreshQueries.ts'
import { useSessionStore } from '../auth/useSessionStore.ts'
import { requestFacts } from './requestFacts.ts'

type Facts = Parameters<typeof requestFacts.learn>[2]

/** The commands on a request. What is accepted shows at once, and no older read takes it back. */
export function useRequestCommands() {
  const cache = useQueryCache()
  const session = useSessionStore()

  return { approve, reject, withdraw, cancel, settle }

  function approve(request: RequestDetail, idempotencyKey: string) {
    const body = { contentHash: request.contentHash }
    return run(request, 'approve', body, idempotencyKey, () => ({
      status: 'APPROVED',
      decision: decidedNow('approved', null),
    }))
  }

  function reject(request: RequestDetail, reason: string, idempotencyKey: string) {
    return run(request, 'reject', { reason }, idempotencyKey, () => ({
      status: 'REJECTED',
      decision: decidedNow('rejected', reason),
    }))
  }

  function withdraw(request: RequestDetail, idempotencyKey: string) {
    return run(request, 'withdraw', {}, idempotencyKey, () => ({
      status: 'WITHDRAWN',
      decision: decidedNow('withdrawn', null),
    }))
  }

  /** Before the claim it is cancelled at once; while it runs this only asks, and the executor answers. */
  function cancel(request: RequestDetail, idempotencyKey: string) {
    return run(request, 'cancel', {}, idempotencyKey, () =>
      request.status === 'APPROVED'
        ? { status: 'CANCELLED', decision: decidedNow('cancelled', null) }
        : { status: request.status },
    )
  }

  function settle(
    request: RequestDetail,
    outcome: 'EXECUTED' | 'FAILED',
    reason: string,
    idempotencyKey: string,
  ) {
    return run(request, 'settle', { outcome, reason }, idempotencyKey, () => ({
      status: outcome,
      settlement: { outcome, reason, by: me(), at: new Date().toISOString() },
    }))
  }

  async function run(
    request: RequestDetail,
    action: RequestAction,
    body: object,
    idempotencyKey: string,
    facts: () => Facts,
  ): Promise<Accepted> {
    const path = `/api/requests/${request.id}/${action}`
    try {
      const accepted = await api.command(path, { body, idempotencyKey })
      requestFacts.learn(request.id, accepted.revision, { ...facts(), actions: nothingMore(request.actions) })
      const known = cache.getQueryData<RequestDetail>(['request', request.id])
      if (known) cache.setQueryData(['request', request.id], requestFacts.reconcile(known))
      return accepted
    } finally {
      void refreshQueries(cache, ['request', request.id], ['dashboard'])
    }
  }

  function me() {
    return { id: session.user?.id ?? '', name: session.user?.name ?? '' }
  }

  function decidedNow(kind: 'approved' | 'rejected' | 'withdrawn' | 'cancelled', reason: string | null) {
    return { kind, by: me(), at: new Date().toISOString(), reason }
  }
}

function nothingMore(actions: RequestDetail['actions']): RequestDetail['actions'] {
  const refused: ActionVerdict = { allowed: false, reason: 'Your last step is being recorded.' }
  return {
    ...actions,
    approve: refused,
    reject: refused,
    withdraw: refused,
    cancel: refused,
    settle: refused,
  }
}
