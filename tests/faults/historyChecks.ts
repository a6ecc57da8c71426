import { foldRequest } from '@sre-portal/domain'
import type { CommandEntry, Evidence, HistoryEntry } from './history.ts'
import { applicationOf, requestViolations } from './requestChecks.ts'

/** Checks I1 to I9 over everything that a run has left. Answers what is wrong, in words; empty when all holds. */
export function violations(evidence: Evidence): string[] {
  return [
    ...eachRequest(evidence),
    ...nothingForeign(evidence),
    ...readModelsAreTheFold(evidence),
    ...answersAreTrue(evidence),
    ...checkpointOnlyGrows(evidence),
  ]
}

/** What all marks of one request begin with. */
export const requestOfMark = (text: string) => text.slice(0, text.lastIndexOf('/'))

function eachRequest({ requests, events, marks, statements, approvers }: Evidence): string[] {
  return requests.flatMap((request) => {
    const own = new Set([...request.marks.map(requestOfMark)])
    const application = applicationOf(request.requestId)
    return requestViolations({
      request,
      events: events.get(request.requestId) ?? [],
      marks: marks.filter(({ text }) => own.has(requestOfMark(text))),
      statements: statements.filter((statement) => statement.application === application),
      approvers,
    })
  })
}

/** I2: whatever is at a target belongs to a request that is known. */
function nothingForeign({ requests, marks, statements }: Evidence): string[] {
  const known = new Set(requests.flatMap((request) => request.marks.map(requestOfMark)))
  const applications = new Set(requests.map(({ requestId }) => applicationOf(requestId)))
  return [
    ...marks
      .filter(({ text }) => !known.has(requestOfMark(text)))
      .map(({ text }) => `I2: ${text} is at the target, and nobody asked for it`),
    ...statements
      .filter(({ application }) => !applications.has(application))
      .map(
        ({ application, text }) =>
          `I2: the target ran "${text}" for "${application}", which nobody asked for`,
      ),
  ]
}

/** I6: the read models are what the events say, and what a rebuild from zero makes of them. */
export function readModelsAreTheFold({
  readModels,
  events,
}: Pick<Evidence, 'readModels' | 'events'>): string[] {
  const rows = new Map(readModels.requests.map((row) => [row.requestId, row]))
  const differing = [...events].flatMap(([requestId, history]) => {
    const last = history.at(-1)
    if (!last) return []
    const folded = `${foldRequest(history)?.status ?? 'nothing'} at ${last.revision}`
    const row = rows.get(requestId)
    const read = row ? `${row.status} at ${row.revision}` : 'nothing'
    return folded === read ? [] : [`I6: request ${requestId} reads as ${read}, its events say ${folded}`]
  })
  const difference = firstDifference(readModels.live, readModels.rebuilt)
  return difference === null
    ? differing
    : [...differing, `I6: live and rebuilt read models differ: ${difference}`]
}

function firstDifference(live: string, rebuilt: string): string | null {
  if (live === rebuilt) return null
  const [mine, other] = [live.split('\n'), rebuilt.split('\n')]
  const line = mine.findIndex((text, index) => text !== other[index])
  return `"${mine[line] ?? 'nothing'}" is "${other[line < 0 ? mine.length : line] ?? 'nothing'}" when rebuilt`
}

const byPeople = new Set([
  'RequestSubmitted',
  'RequestApproved',
  'RequestRejected',
  'RequestWithdrawn',
  'CancellationRequested',
  'ExecutionOutcomeSettled',
])

/** I8: what was accepted has its event; what was refused, each time that it was sent, has none; what is unknown may have one. */
function answersAreTrue({ history, events }: Evidence): string[] {
  const stored = new Set([...events.values()].flatMap((list) => list.map(({ id }) => id)))
  const commands = commandsOf(history)
  const wrong = [...commands].flatMap(([eventId, { command, outcomes }]) => {
    const name = `${command.action} of request ${command.requestId}`
    if (outcomes.includes('ok') && !stored.has(eventId)) return [`I8: ${name} was accepted and has no event`]
    return outcomes.every((outcome) => outcome === 'fail') && stored.has(eventId)
      ? [`I8: ${name} was refused and has an event`]
      : []
  })
  const unasked = [...events.values()].flatMap((list) =>
    list
      .filter((event) => byPeople.has(event.type) && !commands.has(event.id))
      .map(({ type, stream }) => `I8: ${type} of ${stream} was asked for by nobody`),
  )
  return [...wrong, ...unasked]
}

type Outcome = 'ok' | 'fail' | 'info'

/** Every command by the id of its event, with the outcome of each time that it was sent. */
function commandsOf(history: HistoryEntry[]): Map<string, { command: CommandEntry; outcomes: Outcome[] }> {
  const attempts = new Map<number, { command: CommandEntry; outcome: Outcome }>()
  for (const entry of history) {
    if (entry.type === 'nemesis') continue
    attempts.set(entry.attempt, { command: entry, outcome: entry.type === 'invoke' ? 'info' : entry.type })
  }
  const commands = new Map<string, { command: CommandEntry; outcomes: Outcome[] }>()
  for (const { command, outcome } of attempts.values()) {
    const known = commands.get(command.eventId)
    if (known) known.outcomes.push(outcome)
    else commands.set(command.eventId, { command, outcomes: [outcome] })
  }
  return commands
}

/** I9: the projection never goes back, and never ahead of the log. */
export function checkpointOnlyGrows({ checkpoints }: Pick<Evidence, 'checkpoints'>): string[] {
  return checkpoints.flatMap(({ position, head }, index) => {
    const before = checkpoints[index - 1]?.position ?? 0n
    return [
      ...(position < before ? [`I9: the checkpoint went back from ${before} to ${position}`] : []),
      ...(head !== null && position > head
        ? [`I9: the checkpoint ${position} is beyond the end of the log, ${head}`]
        : []),
    ]
  })
}
