import type { RequestEvent } from '@sre-portal/contracts'

/** How far a run has come, as its request's events tell. Of a run that isn't open nothing may be appended. */
export type RunState = 'not-started' | 'open' | 'ended'

type EventOfRun = RequestEvent & { data: { executionId: string } }

const kinds = {
  TransactionOpened: 'step',
  StatementExecuted: 'step',
  RequestExecuted: 'end',
  RequestFailed: 'end',
  RequestCancelled: 'end',
  ExecutionOutcomeUnknown: 'end',
} as const

const kindOf = ({ type }: RequestEvent) => (type in kinds ? kinds[type as keyof typeof kinds] : null)

/** True for what an executor tells of a run after its start. A cancellation before the claim belongs to no run. */
export const isToldOfRun = (event: RequestEvent): event is EventOfRun =>
  kindOf(event) !== null && 'executionId' in event.data && event.data.executionId !== null

/** True for the events that end a run. */
export const endsRun = (event: RequestEvent): boolean => isToldOfRun(event) && kindOf(event) === 'end'

/** The next state of one run. */
export function evolveRun(state: RunState, executionId: string, event: RequestEvent): RunState {
  if (event.type === 'ExecutionStarted')
    return state === 'not-started' && event.data.executionId === executionId ? 'open' : state
  if (!isToldOfRun(event) || event.data.executionId !== executionId) return state
  return kindOf(event) === 'end' && state === 'open' ? 'ended' : state
}
