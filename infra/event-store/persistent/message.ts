import type { LogRecord } from '../log/logRecord.ts'
import type { OutgoingEvent } from '../wire/readEventEncoder.ts'

/** One event on its way through a group. */
export interface GroupMessage {
  readonly outgoing: OutgoingEvent
  /** What was subscribed to: the link if there is one. Its id is what consumers acknowledge. */
  readonly original: LogRecord
  readonly idKey: string
  /** How far the source was read before this message; what a checkpoint before it says. */
  readonly before: SourceMark
  /** Replayed from the parked stream: takes no part in checkpoints. */
  readonly isReplayed: boolean
  retryCount: number
  isDone: boolean
  sentAtMs: number
}

/** A place in the source, and how many of its events lie before it. */
export interface SourceMark {
  point: number
  ordinal: number
}

export function groupMessage(
  outgoing: OutgoingEvent,
  original: LogRecord,
  before: SourceMark,
  isReplayed: boolean,
): GroupMessage {
  return {
    outgoing,
    original,
    idKey: original.id.toString('latin1'),
    before,
    isReplayed,
    retryCount: 0,
    isDone: false,
    sentAtMs: 0,
  }
}
