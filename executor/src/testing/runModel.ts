import fc from 'fast-check'
import { streamName, type RequestEvent } from '@sre-portal/contracts'
import { awaitsOutcome, decideClaim, endsRun, foldRequest, isToldOfRun } from '@sre-portal/domain'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { NewEvent } from '@sre-portal/platform/eventStore'
import type { PendingOutcome } from '../runs/outcomeJournal.ts'
import { appendOutcome } from '../runs/publish.ts'
import { RunStream, runEvents, type RequestStreams, type RunIdentity } from '../runs/runStream.ts'
import { approvedRequest, byPerson, lastEvents, startOf, type Teller } from './runScenario.ts'

/** What becomes of one call: it is answered, never arrives, or arrives and its answer is lost. */
type Fate = 'answered' | 'refused' | 'answer lost'
const fate = fc.constantFrom<Fate>('answered', 'answered', 'answered', 'refused', 'answer lost')

/** One run of a request, as random as it can be: every choice comes from fast-check, so that a failure can be repeated and shrunk. */
export const scenario = fc.record({
  statements: fc.integer({ min: 0, max: 12 }),
  /** Sizes of batches; each teller cuts its events in its own way. */
  cuts: fc.record({
    executor: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    recovery: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
  }),
  fates: fc.infiniteStream(fate),
  opensTransaction: fc.boolean(),
  isCancelled: fc.boolean(),
  scheduler: fc.scheduler(),
})
export type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never

const at = new Date('2026-11-25T12:00:00.000Z')
const attempts = 4

/** Lets two executors, two recoveries, a replay and a person meet at one run, then heals everything; answers what is wrong. */
export async function violationsOf(streams: RequestStreams, chosen: Scenario): Promise<string[]> {
  const requestId = await approvedRequest(streams)
  const stream = streamName('request', requestId)
  const unreliable = disturbed(streams, chosen)
  const acknowledged = new Set<string>()
  const kept: PendingOutcome[] = []

  const tell = async (through: RequestStreams, run: RunIdentity, teller: Teller, knowsTransaction = true) => {
    const events = lastEvents(run, chosen.statements, teller, { knowsTransaction })
    const outcome = { run, batches: cut(events, chosen.cuts[teller]) }
    for (let attempt = 0; attempt < attempts; attempt++) {
      const told = await appendOutcome(through, outcome).catch(() => null)
      if (told === 'told') for (const { id } of events) acknowledged.add(id)
      if (told !== null) return
    }
    kept.push(outcome)
  }
  const execute = async (executionId: string) => {
    const run = await claim(unreliable, requestId, executionId)
    if (!run) return
    if (chosen.opensTransaction) await open(unreliable, run).catch(() => undefined)
    await tell(unreliable, run, 'executor')
  }
  const recover = async (through: RequestStreams) => {
    const events = await through.readStream<RequestEvent>(stream).catch(() => [])
    const run = openRun(events)
    const knowsTransaction = events.some(({ type }) => type === 'TransactionOpened')
    if (run) await tell(through, run, 'recovery', knowsTransaction)
  }
  const replay = async () => {
    for (const outcome of [...kept]) await appendOutcome(unreliable, outcome).catch(() => undefined)
  }
  const people = [
    execute('00000000-0000-4000-8000-0000000000c1'),
    execute('00000000-0000-4000-8000-0000000000c2'),
    recover(unreliable),
    recover(unreliable),
    replay(),
    ...(chosen.isCancelled ? [cancel(unreliable, stream)] : []),
  ]
  await chosen.scheduler.waitFor(Promise.all(people))
  for (const outcome of kept) await appendOutcome(streams, outcome)
  await recover(streams)
  for (const outcome of kept) await appendOutcome(streams, outcome)
  return wrongWith(await streams.readStream<RequestEvent>(stream), acknowledged)
}

/** The same streams, in any order of calls, each of which may be refused or lose its answer. */
function disturbed(streams: RequestStreams, { fates, scheduler }: Scenario): RequestStreams {
  // Arrival and answer each wait for their turn.
  const turn = () => scheduler.schedule(Promise.resolve())
  const meet = async <T>(call: () => Promise<T>): Promise<T> => {
    const fate: Fate = nextFate(fates)
    await turn()
    if (fate === 'refused') throw new Error('the call never arrived')
    const answer = await call()
    await turn()
    if (fate === 'answer lost') throw new Error('the answer was lost')
    return answer
  }
  return {
    append: (...call) => meet(() => streams.append(...call)),
    readStream: (...call) => meet(() => streams.readStream(...call)),
    readHistory: (...call) => meet(() => streams.readHistory(...call)),
  }
}

const nextFate = (fates: IterableIterator<Fate>): Fate => fates.next().value as Fate

async function claim(
  streams: RequestStreams,
  requestId: string,
  executionId: string,
): Promise<RunIdentity | null> {
  try {
    const events = await streams.readStream<RequestEvent>(streamName('request', requestId))
    const state = foldRequest(events)
    const approvalEventId = state?.approval?.eventId ?? ''
    const revision = events.length - 1
    const run = { requestId, executionId, correlationId: 'a-run', causationId: approvalEventId }
    const decision = decideClaim(state, { executionId, executorId: 'executor', approvalEventId })
    if (decision.kind === 'leave') return null
    const outcome = await streams.append(
      streamName('request', requestId),
      runEvents(run, at, [startOf(run)]),
      revision,
    )
    return outcome.appended ? { ...run, startRevision: revision + 1 } : null
  } catch {
    return null
  }
}

const open = (streams: RequestStreams, run: RunIdentity) =>
  new RunStream(streams, run).append(
    runEvents(run, at, [
      { type: 'TransactionOpened', data: { executionId: run.executionId, transactionId: '7' } },
    ]),
  )

async function cancel(streams: RequestStreams, stream: string): Promise<void> {
  const events = await streams.readStream<RequestEvent>(stream).catch(() => [])
  const state = foldRequest(events)
  if (!awaitsOutcome(state)) return
  const event: RequestEvent = {
    type: 'CancellationRequested',
    data: { executionId: state.execution.id },
  }
  await streams.append(stream, [byPerson(event)], events.length - 1).catch(() => undefined)
}

/** The run that is still owed an outcome. */
function openRun(events: StoredEvent<RequestEvent>[]): RunIdentity | null {
  const state = foldRequest(events)
  if (!awaitsOutcome(state)) return null
  const started = events.find(({ type }) => type === 'ExecutionStarted')
  return {
    requestId: state.id,
    executionId: state.execution.id,
    correlationId: 'a-recovery',
    causationId: state.execution.id,
    startRevision: started?.revision ?? 0,
    decidedAt: events.length - 1,
  }
}

function cut(events: NewEvent[], sizes: number[]): NewEvent[][] {
  const batches: NewEvent[][] = []
  for (let from = 0, index = 0; from < events.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    batches.push(events.slice(from, from + size))
    from += size
  }
  return batches
}

function wrongWith(events: StoredEvent<RequestEvent>[], acknowledged: Set<string>): string[] {
  const types = events.map(({ type }) => type).join(', ')
  const ids = events.map(({ id }) => id)
  const starts = events.filter(({ type }) => type === 'ExecutionStarted').length
  const ends = events.filter(endsRun).length
  const end = events.findIndex(endsRun)
  const ending = events[end]
  const isIgnorant = ending?.type === 'RequestExecuted' && ending.data.storedRows === 0
  const isOpened = events.some(({ type }) => type === 'TransactionOpened')
  return [
    ...(starts > 1 ? ['started more than once'] : []),
    ...(ends === starts ? [] : [`${starts} starts and ${ends} ends`]),
    ...(end >= 0 && events.slice(end + 1).some(isToldOfRun) ? ['told of the run after its end'] : []),
    ...(isIgnorant && isOpened ? ['ended by somebody who did not know of its transaction'] : []),
    ...(new Set(ids).size === ids.length ? [] : ['an id is there twice']),
    ...[...acknowledged]
      .filter((id) => !ids.includes(id))
      .map((id) => `${id} was acknowledged and is missing`),
  ].map((words) => `${words}: ${types}`)
}
