import type { RequestAction, RequestDetail } from '@sre-portal/contracts'
import { computed, ref, type Ref } from 'vue'
import { useSessionStore } from '../auth/useSessionStore.ts'

export interface OfferedAction {
  action: RequestAction
  allowed: boolean
  /** Why not, as the rules say it; empty when allowed. */
  reason: string
}

/** Which actions a page offers: those that this person's role could ever do in this state, each with its verdict. */
export function offeredActions(
  request: RequestDetail,
  who: { id: string; reviews: boolean; isAdmin: boolean },
): OfferedAction[] {
  const isMine = request.requester.id === who.id
  const decides = who.reviews || who.isAdmin
  const fitting: Record<RequestAction, boolean> = {
    approve: request.status === 'PENDING' && decides,
    reject: request.status === 'PENDING' && decides,
    withdraw: request.status === 'PENDING' && isMine,
    cancel: ['APPROVED', 'EXECUTING'].includes(request.status) && (decides || isMine),
    settle: request.status === 'UNKNOWN' && (decides || isMine),
  }
  return (Object.keys(fitting) as RequestAction[]).flatMap((action) => {
    if (!fitting[action]) return []
    const verdict = request.actions[action]
    return [{ action, allowed: verdict.allowed, reason: verdict.allowed ? '' : verdict.reason }]
  })
}

/** The dialogs of the page's actions; one is open at a time. */
export function useDecision(request: Ref<RequestDetail>) {
  const session = useSessionStore()
  const asking = ref<RequestAction | null>(null)
  const offered = computed(() =>
    offeredActions(request.value, {
      id: session.user?.id ?? '',
      reviews: session.reviews,
      isAdmin: session.isAdmin,
    }),
  )
  const may = (action: RequestAction) =>
    offered.value.some((offer) => offer.action === action && offer.allowed)
  const ask = (action: RequestAction) => {
    if (may(action)) asking.value = action
  }
  return { offered, asking, may, ask }
}
