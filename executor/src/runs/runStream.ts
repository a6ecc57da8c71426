import { streamName, type RequestEvent } from '@sre-portal/contracts'
import { evolveRun, type RunState } from '@sre-portal/domain'
import { derivedId } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { EventStore, NewEvent } from '@sre-portal/platform/eventStore'

/** Thrown when the run has an outcome already: nothing more may be appended for it. */
export class RunTakenOver extends Error {
  override readonly name = 'RunTakenOver'
}

/** Thrown when the run's own executor has gone on after its outcome was found out: what was found out may be wrong by now. */
export class RunWentOn extends Error {
  override readonly name = 'RunWentOn'
}

/** Which run, and why it came to be. */
export interface RunIdentity {
  requestId: string
  executionId: string
  correlationId: string
  causationId: string
  /** Revision of its ExecutionStarted; absent in what earlier versions kept on disk. */
  startRevision?: number
  /** Of an outcome that was found out afterwards: revision of the last event that was considered. */
  decidedAt?: number
}

/** What is needed of the event store to append to a run. */
export type RequestStreams = Pick<EventStore, 'readStream' | 'readHistory' | 'append'>

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
 * The stream of a request, to append to one run of it. Before every append the stream is read on: whether the run is open and which
 * events are there is what the events themselves say, and the append is bound to the revision of the last event that was read. An
 * append's answer is no proof of that revision: one that is repeated is answered like the first, however far the stream has gone since.
 */
export class RunStream {
  readonly #streams: RequestStreams
  readonly #run: RunIdentity
  readonly #stream: string
  readonly #present = new Set<string>()
  #state: RunState = 'not-started'
  #transactionAt = -1
  #revision: number

  constructor(streams: RequestStreams, run: RunIdentity) {
    this.#streams = streams
    this.#run = run
    this.#stream = streamName('request', run.requestId)
    this.#revision = (run.startRevision ?? 0) - 1
  }

  /**
   * Appends those events that aren't there yet. Others may append meanwhile (a cancellation, another executor): then the stream is read
   * on, and what is still missing is appended if the run is still open.
   * @throws RunTakenOver when the run has ended; RunWentOn when it has opened a transaction since `decidedAt`; Error when the stream holds
   * no start of it
   */
  async append(events: NewEvent[]): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      await this.#readOn()
      if (this.#state === 'not-started')
        throw new Error(`The event store knows no start of execution ${this.#run.executionId}.`)
      if (this.#state === 'ended')
        throw new RunTakenOver(`Execution ${this.#run.executionId} has its outcome from somebody else.`)
      if (this.#transactionAt > (this.#run.decidedAt ?? Infinity))
        throw new RunWentOn(`Execution ${this.#run.executionId} has opened a transaction meanwhile.`)
      const missing = events.filter(({ id }) => !this.#present.has(id))
      if (missing.length === 0) return
      const outcome = await this.#streams.append(this.#stream, missing, this.#revision)
      if (outcome.appended) return
    }
    throw new Error(`The stream of request ${this.#run.requestId} changes too fast to append to it.`)
  }

  /** True when all of these events were met in what has been read. */
  has(events: NewEvent[]): boolean {
    return events.every(({ id }) => this.#present.has(id))
  }

  async #readOn(): Promise<void> {
    const next = this.#revision + 1
    const { events, revision } = await this.#streams.readHistory<RequestEvent>(this.#stream, next)
    for (const event of events) {
      this.#state = evolveRun(this.#state, this.#run.executionId, event)
      this.#present.add(event.id)
      if (event.type === 'TransactionOpened') this.#transactionAt = event.revision
    }
    this.#revision = revision
  }
}
