import type { StreamState } from './streamDirectory.ts'
import type { StreamMetadata } from './streamMetadata.ts'

/** What a reader may see of a stream at this moment. */
export type StreamView =
  | { kind: 'missing'; lastRevision: number }
  | { kind: 'deleted' }
  | {
      kind: 'readable'
      name: string
      key: number
      firstRevision: number
      lastRevision: number
      createdAfterMicros: number | undefined
    }

export function viewStream(
  state: StreamState,
  metadata: StreamMetadata,
  isTombstoned: boolean,
  nowMs: number,
): StreamView {
  if (isTombstoned) return { kind: 'deleted' }
  const { key, lastRevision, name } = state
  if (key === undefined || lastRevision < 0 || metadata.isSoftDeleted)
    return { kind: 'missing', lastRevision }
  const { maxCount, maxAgeSeconds, truncateBefore = 0 } = metadata
  const firstRevision = Math.max(truncateBefore, maxCount === undefined ? 0 : lastRevision - maxCount + 1)
  const createdAfterMicros =
    maxAgeSeconds === undefined ? undefined : Math.floor((nowMs - maxAgeSeconds * 1000) * 1000)
  return { kind: 'readable', name, key, firstRevision, lastRevision, createdAfterMicros }
}
