import type { Engine, ExecutionError, Notice, StatementHead } from '@sre-portal/contracts'
import type { RunOutcome } from '../runControl.ts'
import type { CallFrame } from './frames.ts'

/** The executor's side of a script's `db`: holds the connection, decides what is sent, and keeps the record of it. */
export interface ScriptDatabase {
  readonly engine: Engine
  /** Every statement that was sent, written by the broker and never by the script. */
  readonly heads: StatementHead[]
  readonly notices: string[]
  /** The same with all that the database said of them, where it has any. */
  readonly noticeDetails?: Notice[]
  /** Checks a call; null when it is malformed, which counts as a fault of the channel. The work runs when it is its turn. */
  accept(call: CallFrame): (() => Promise<string>) | null
  /** What the script is told when a call failed. */
  describe(error: unknown): ExecutionError
  /** The script returned: commits what is open. */
  finish(): Promise<RunOutcome>
  /** The script failed or was stopped: undoes what can be undone. */
  abandon(error: ExecutionError): Promise<RunOutcome>
}
