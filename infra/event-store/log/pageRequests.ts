import type { LogDatabase } from './database.ts'
import { readAllRange, readStreamRange } from './logQueries.ts'
import { firstPosition } from './logRecord.ts'
import type { PageRequest } from './pagePool.ts'
import { firstPage } from './pageReader.ts'
import type { StreamView } from './streamView.ts'

export interface Walk {
  from: number
  limit: number
  forwards: boolean
}

/** Events of $all behind a position (forwards) or before it. Positions have no gaps: what is written in full stays as it is. */
export function allRequest(
  database: LogDatabase,
  { from: bound, limit, forwards }: Walk,
  lastPosition: number,
): PageRequest {
  const from = Math.max(bound + 1, firstPosition)
  const isSettled = forwards && limit >= firstPage && from + limit - 1 <= lastPosition
  return {
    read: (maxBytes) =>
      database.read((client) => readAllRange(client, { bound, limit, maxBytes: maxBytes() }, forwards)),
    place: isSettled ? { source: '$all', from, limit, numberOf: ({ position }) => position } : undefined,
  }
}

/** Visible events of a stream from a revision on, itself included; undefined when there can be none. */
export function streamRequest(
  database: LogDatabase,
  view: StreamView,
  { from, limit, forwards }: Walk,
): PageRequest | undefined {
  if (view.kind !== 'readable') return undefined
  const lowest = forwards ? Math.max(from, view.firstRevision) : view.firstRevision
  const highest = forwards ? view.lastRevision : Math.min(from, view.lastRevision)
  if (lowest > highest) return undefined
  const { key, name, createdAfterMicros } = view
  // What is too old today depends on when it is asked.
  const isSettled =
    forwards &&
    limit >= firstPage &&
    lowest + limit - 1 <= view.lastRevision &&
    createdAfterMicros === undefined
  return {
    read: (maxBytes) =>
      database.read((client) =>
        readStreamRange(
          client,
          { key, name, from: lowest, to: highest, createdAfterMicros, limit, maxBytes: maxBytes() },
          forwards,
        ),
      ),
    place: isSettled
      ? { source: String(key), from: lowest, limit, numberOf: ({ revision }) => revision }
      : undefined,
  }
}
