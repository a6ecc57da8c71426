import type { RequestEvent } from '@sre-portal/contracts'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'

/** What people do with requests, and what a test does to the parts of the portal. */
export type Action = 'submit' | 'approve' | 'reject' | 'withdraw' | 'cancel' | 'settle'

/**
 * A command as its client saw it, in the words of Jepsen: `invoke` when it is sent, then `ok` (accepted), `fail` (refused: it did nothing)
 * or `info` (nobody knows). An `invoke` without an end counts as `info`.
 */
export interface CommandEntry {
  type: 'invoke' | 'ok' | 'fail' | 'info'
  /** Joins the invocation and its end. */
  attempt: number
  action: Action
  by: string
  requestId: string
  /** The id that the event of this command has; a command that is sent again has the same. */
  eventId: string
  words: string
  atMs: number
}

/** Something that was done to a part; it tells nothing of a command. */
export interface NemesisEntry {
  type: 'nemesis'
  words: string
  atMs: number
}

export type HistoryEntry = CommandEntry | NemesisEntry

export type RequestEvents = StoredEvent<RequestEvent>[]

/** A request and the marks that a run of it leaves at its target when it ends well, each of them once. */
export interface MarkedRequest {
  requestId: string
  marks: string[]
}

/** One mark as it was found at a target; `application` is the name of the session that left it, where the target tells it. */
export interface Mark {
  text: string
  application: string | null
}

/** A statement as the target's own log tells it. */
export interface LoggedStatement {
  application: string
  text: string
}

/** Where the projection stood, and the end of the log as it was read after that (null when the store did not answer). */
export interface CheckpointSample {
  position: bigint
  head: bigint | null
}

/** The read models' rows as text: live, and rebuilt from the first event on. */
export interface ReadModels {
  live: string
  rebuilt: string
  requests: { requestId: string; status: string; revision: number }[]
}

/** Everything that is left of a run of a random workload, once all parts are well again. */
export interface Evidence {
  history: HistoryEntry[]
  requests: MarkedRequest[]
  events: ReadonlyMap<string, RequestEvents>
  marks: Mark[]
  statements: LoggedStatement[]
  checkpoints: CheckpointSample[]
  readModels: ReadModels
  /** Who may approve. */
  approvers: ReadonlySet<string>
}
