import type { OperationsEvent } from '@sre-portal/contracts'
import type { Handlers } from './handlers.ts'

/** What administrators do to the portal itself is in the audit log; there is nothing else to show of it. */
export const operationsHandlers: Handlers<OperationsEvent> = {
  ParkedWorkReplayRequested: null,
  ParkedWorkReplayed: null,
}
