import { isTombstoned, type StreamState } from './streamDirectory.ts'

export type ExpectedRevision = 'any' | 'noStream' | 'streamExists' | bigint

export interface StreamSituation {
  stream: StreamState
  isSoftDeleted: boolean
  hasMetadata: boolean
  /** A metastream can't be written once its stream is tombstoned. */
  isOwnerTombstoned: boolean
}

export type Verdict =
  | { kind: 'write' }
  | { kind: 'nothingToWrite' }
  /** Write, unless the first id is already in the stream: then it is a repetition. */
  | { kind: 'writeUnlessKnown' }
  /** The stream has moved on: a repetition if the events from this revision on have the same ids. */
  | { kind: 'compare'; from: number }
  | { kind: 'wrongVersion' }
  | { kind: 'streamDeleted' }

export function judgeExpectedRevision(
  situation: StreamSituation,
  expected: ExpectedRevision,
  eventCount: number,
): Verdict {
  const { stream, isSoftDeleted, hasMetadata, isOwnerTombstoned } = situation
  if (isTombstoned(stream) || isOwnerTombstoned) return { kind: 'streamDeleted' }
  const current = stream.lastRevision
  if (expected === 'streamExists') {
    if (isSoftDeleted) return { kind: 'streamDeleted' }
    if (current < 0 && !hasMetadata) return { kind: 'wrongVersion' }
  }
  if (expected === 'any' || expected === 'streamExists') {
    if (eventCount === 0) return { kind: 'nothingToWrite' }
    return { kind: current < 0 ? 'write' : 'writeUnlessKnown' }
  }
  const wanted = expected === 'noStream' ? -1n : expected
  if (wanted > BigInt(current)) return { kind: 'wrongVersion' }
  if (wanted === BigInt(current)) return { kind: eventCount === 0 ? 'nothingToWrite' : 'write' }
  return eventCount === 0 ? { kind: 'wrongVersion' } : { kind: 'compare', from: Number(wanted) + 1 }
}

export interface StoredEvent {
  id: Buffer
  revision: number
  position: number
}

export type Repetition =
  { kind: 'write' } | { kind: 'repeated'; last: StoredEvent } | { kind: 'wrongVersion' }

/** Decides for `any` and `streamExists`, given the events of the stream that have one of the ids. */
export function judgeKnownIds(ids: readonly Buffer[], known: readonly StoredEvent[]): Repetition {
  const find = (id: Buffer | undefined) => (id ? known.findLast((event) => event.id.equals(id)) : undefined)
  if (!find(ids[0])) return { kind: 'write' }
  const last = find(ids.at(-1))
  return last && ids.every((id) => find(id)) ? { kind: 'repeated', last } : { kind: 'wrongVersion' }
}

/** Decides for an exact revision that is behind the stream, given the stored events from there on. */
export function judgeComparison(
  ids: readonly Buffer[],
  stored: readonly StoredEvent[],
  expected: ExpectedRevision,
  isSoftDeleted: boolean,
): Repetition {
  const isSame = (index: number) => {
    const id = ids[index]
    return id !== undefined && stored[index]?.id.equals(id) === true
  }
  if (!isSame(0)) return { kind: expected === 'noStream' && isSoftDeleted ? 'write' : 'wrongVersion' }
  const last = stored[ids.length - 1]
  return last && ids.every((_, index) => isSame(index))
    ? { kind: 'repeated', last }
    : { kind: 'wrongVersion' }
}
