import type { ExpectedRevision } from './expectedRevision.ts'

export interface ProposedEvent {
  id: Buffer
  type: string
  isJson: boolean
  data: Buffer
  metadata: Buffer
}

export interface WriteCommand {
  kind: 'append' | 'softDelete' | 'tombstone'
  stream: string
  expected: ExpectedRevision
  events: readonly ProposedEvent[]
  bytes: number
  /** Not written any more when its turn comes later than this. */
  deadlineMs?: number
}

export type WriteOutcome =
  | { kind: 'written'; revision: number; position: number | undefined }
  | { kind: 'wrongVersion'; current: number }
  | { kind: 'streamDeleted'; stream: string }
  | { kind: 'timedOut' }
  /** Not written: PostgreSQL can't keep it. */
  | { kind: 'refused'; reason: string }
  /** The write could not be done, or what became of it is not known. */
  | { kind: 'unavailable'; reason: string }
