import type { Readiness } from '@sre-portal/platform/http/app'
import { PoisonEvent } from './failures.ts'
import type { Progress } from './project.ts'

/** What a projector knows of itself, for /readyz. */
export interface Status {
  rebuilding: boolean
  position: bigint | null
  events: number
  lagMs: number | null
  unknown: Map<string, number>
  failure: Error | null
}

export const newStatus = (): Status => ({
  rebuilding: false,
  position: null,
  events: 0,
  lagMs: null,
  unknown: new Map(),
  failure: null,
})

/** Takes in what a transaction brought. */
export function noteProgress(status: Status, progress: Progress): void {
  status.position = progress.checkpoint.position
  status.events += progress.events
  status.lagMs = progress.lagMs ?? status.lagMs
  status.failure = null
  for (const [type, count] of progress.unknown)
    status.unknown.set(type, (status.unknown.get(type) ?? 0) + count)
}

/**
 * The answer of /readyz. `behind` counts in positions of the log, events of no interest to the read models included; `lagMs` is
 * how long the last event took from the store to its rows. `head` is null when the store doesn't answer.
 */
export function readinessOf(status: Status, head: bigint | null): Readiness {
  const reasons: string[] = []
  if (status.failure)
    reasons.push(
      status.failure instanceof PoisonEvent ? status.failure.message : `retrying: ${status.failure.message}`,
    )
  if (status.rebuilding) reasons.push('The read models are being rebuilt.')
  if (status.position === null) reasons.push('The projection has not started.')
  if (head === null) reasons.push('The event store does not answer.')
  return {
    ready: reasons.length === 0,
    reasons,
    facts: {
      position: status.position === null ? null : String(status.position),
      head: head === null ? null : String(head),
      behind: head === null || status.position === null ? null : Number(head - status.position),
      lagMs: status.lagMs,
      projectedEvents: status.events,
      unknownEvents: Object.fromEntries(status.unknown),
      stoppedAt:
        status.failure instanceof PoisonEvent
          ? { position: String(status.failure.position), eventId: status.failure.eventId }
          : null,
    },
  }
}
