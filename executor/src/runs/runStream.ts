import { streamName, type RequestEvent } from '@sre-portal/contracts'
import { awaitsOutcome } from '@sre-portal/domain'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { derivedId } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { EventStore, NewEvent } from '@sre-portal/platform/eventStore'

/** Thrown when the run has an outcome already, or belongs to another execution: nothing more may be appended for it. */
export class RunTakenOver extends Error {
  override readonly name = 'RunTakenOver'
}

/** Which run, and why it came to be. */
export interface RunIdentity {
  requestId: string
  executionId: string
  correlationId: string
  causationId: string
}

const mostAttempts = 50

/** The events of one run; their ids derive from the run, so that appending one again changes nothing. */
export function runEvents(run: RunIdentity, at: Date, events: RequestEvent[]): NewEvent[] {
  return events.map((event) => ({
    id: derivedId(run.executionId, event.type, distinction(event)),
    event,
    metadata: {
      actor: { kind: 'service', name: 'executor' },
      at: at.toISOString(),
      correlationId: run.correlationId,
      causationId: run.causationId,
      schemaVersion: currentSchemaVersion,
    },
  }))
}

// A statement is told once, by whomever; an outcome that was found out afterwards is not the one that the run itself would tell.
function distinction(event: RequestEvent): string {
  if (event.type === 'StatementExecuted') return String(event.data.ordinal)
  return 'recovered' in event.data && event.data.recovered ? 'recovered' : ''
}

/**
 * Appends to a run that is still owed an outcome. Others may append meanwhile (a cancellation): then the stream is read again and the
 * append repeated on its new revision, for as long as the run is still this one.
 * @throws RunTakenOver
 */
export async function appendToRun(
  store: EventStore,
  run: RunIdentity,
  events: NewEvent[],
  revision?: number,
): Promise<number> {
  const stream = streamName('request', run.requestId)
  let expected = revision
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    if (expected !== undefined) {
      const outcome = await store.append(stream, events, expected)
      if (outcome.appended) return outcome.revision
    }
    const loaded = await loadRequest(store, run.requestId)
    const present = new Set(loaded.events.map(({ id }) => id))
    if (events.every(({ id }) => present.has(id))) return loaded.revision
    if (!awaitsOutcome(loaded.state) || loaded.state.execution.id !== run.executionId) {
      throw new RunTakenOver(`Execution ${run.executionId} has its outcome from somebody else.`)
    }
    expected = loaded.revision
  }
  throw new Error(`The stream of request ${run.requestId} changes too fast to append to it.`)
}
