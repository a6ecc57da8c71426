import type { Readiness } from '@sre-portal/platform/http/app'
import { OtherStore, PoisonEvent } from './failures.ts'
import type { IgnoredEvents } from './ignored.ts'
import type { Progress } from './project.ts'

/** What a projector knows of itself, for /readyz. */
export interface Status {
  rebuilding: boolean
  position: bigint | null
  events: number
  lagMs: number | null
  ignored: IgnoredEvents | null
  failure: Error | null
}

/** What the event store says of itself; `trouble` says why it can't be used. */
export interface StoreView {
  trouble: string | null
  ends: { head: bigint; ours: bigint } | null
}

export const newStatus = (): Status => ({
  rebuilding: false,
  position: null,
  events: 0,
  lagMs: null,
  ignored: null,
  failure: null,
})

/** Takes in what a transaction brought. */
export function noteProgress(status: Status, progress: Progress): void {
  status.position = progress.checkpoint.position
  status.events += progress.events
  status.lagMs = progress.lagMs ?? status.lagMs
  status.ignored = progress.ignored ?? status.ignored
  status.failure = null
}

/**
 * The answer of /readyz. `behind` counts in positions of the log up to the last event of ours: what the node writes for itself is no
 * work. `lagMs` is how long the last event took from the store to its rows. What is left out doesn't make it unready: it is told.
 */
export function readinessOf(status: Status, { trouble, ends }: StoreView): Readiness {
  const { failure, position, ignored } = status
  const reasons: string[] = []
  if (failure)
    reasons.push(
      failure instanceof PoisonEvent || failure instanceof OtherStore
        ? failure.message
        : `retrying: ${failure.message}`,
    )
  if (status.rebuilding) reasons.push('The read models are being rebuilt.')
  if (position === null) reasons.push('The projection has not started.')
  if (trouble !== null) reasons.push(trouble)
  return {
    ready: reasons.length === 0,
    reasons,
    facts: {
      position: position === null ? null : String(position),
      head: ends && String(ends.head),
      behind: ends === null || position === null ? null : Math.max(0, Number(ends.ours - position)),
      lagMs: status.lagMs,
      projectedEvents: status.events,
      ignoredEvents: ignored && { inWords: ignoredInWords(ignored), ...ignored },
      stoppedAt:
        failure instanceof PoisonEvent
          ? { position: String(failure.position), eventId: failure.eventId }
          : null,
    },
  }
}

/** One sentence about what is left out. */
export function ignoredInWords({ repeated, afterEnd }: IgnoredEvents): string {
  const parts = [
    ...(afterEnd > 0 ? [`${afterEnd} told of a run that had ended`] : []),
    ...(repeated > 0 ? [`${repeated} had an id that was there before`] : []),
  ]
  return parts.length === 0
    ? 'No event is left out.'
    : `${afterEnd + repeated} events are left out: ${parts.join(', ')}.`
}
