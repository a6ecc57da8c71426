import type { Effects, ExecutionError, ResultHead } from '@sre-portal/contracts'

/** Why a run is stopped before its end. */
export type StopReason = 'cancelled' | 'time' | 'lease'

/** What a runner may ask of, and must tell, the service that started it. */
export interface RunControl {
  /** Aborted with a StopReason; the runner then cancels what runs on the server and ends. */
  signal: AbortSignal
  /**
   * Called before the COMMIT of a script's transaction is sent, with the ordinals of what it would keep; when it throws, the transaction is
   * rolled back.
   */
  beforeKeeping(ordinals: number[]): Promise<void>
  /** Called with PostgreSQL's transaction id, and the cluster that gave it out, before COMMIT is sent; when it throws, the transaction is rolled back. */
  beforeCommit(transactionId: string, systemIdentifier: string | undefined): Promise<void>
  /** Called before a statement is sent that a rollback could not undo, or that a script sends; when it throws, nothing is sent. */
  beforeStatement(intent: StatementIntent): Promise<void>
  /** Told of each step; does nothing outside tests. */
  reached(step: RunStep): void
}

/** Steps of a run at which tests make the process die. */
export type RunStep = 'mid-transaction' | 'before-commit' | 'after-commit' | 'after-write'

/** One statement that is about to be sent. */
export interface StatementIntent {
  ordinal: number
  text: string
  parameters: string | null
  /** True when it is sent in a way in which it can't write: in a READ ONLY transaction, or as an operation that only reads. */
  readOnly: boolean
  /** True when it is sent within a transaction of a script, and undone unless that is committed. */
  isWithin?: boolean
}

/** How a run ended, as far as the target's answers prove it. */
export type RunOutcome =
  | { fate: 'executed' }
  | { fate: 'failed'; error: ExecutionError; effects: Effects }
  | { fate: 'unknown'; reason: string; transactionId: string | null }

/** A run's outcome and everything that is stored of it but its rows. */
export interface RunReport {
  outcome: RunOutcome
  head: ResultHead
}

export const stopReasonOf = (signal: AbortSignal): StopReason | null =>
  signal.aborted ? (signal.reason as StopReason) : null

/** What a person reads when a run was stopped. */
export function stopMessage(reason: StopReason, timeMs: number): string {
  switch (reason) {
    case 'cancelled':
      return 'Cancelled while it ran.'
    case 'time':
      return `Stopped: it ran longer than the limit of ${timeMs / 1000} s.`
    case 'lease':
      return 'Stopped: this executor could not prove any more that the run is its own.'
  }
}

/** Codes of the executor's own errors, beside the databases' own. */
export const stopCodes: Record<StopReason, string> = {
  cancelled: 'CANCELLED',
  time: 'TIME_LIMIT',
  lease: 'LEASE_LOST',
}
