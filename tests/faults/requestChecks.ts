import { contentHashOf } from '@sre-portal/domain'
import type { LoggedStatement, Mark, MarkedRequest, RequestEvents } from './history.ts'

/** What one request's history, its marks and its target's log are checked by. */
export interface RequestTraces {
  request: MarkedRequest
  events: RequestEvents
  /** Its own marks, as found. */
  marks: Mark[]
  /** What the target's log tells of sessions of this request; empty where there is no log. */
  statements: LoggedStatement[]
  approvers: ReadonlySet<string>
}

type EventType = RequestEvents[number]['type']

const ends: readonly EventType[] = [
  'RequestExecuted',
  'RequestFailed',
  'ExecutionOutcomeUnknown',
  'RequestCancelled',
]
const against: readonly EventType[] = ['RequestRejected', 'RequestWithdrawn', 'RequestCancelled']

/** The name that an executor's session has at the target. */
export const applicationOf = (requestId: string) => `sre-portal ${requestId}`

/** Checks I1 to I5 and I7 of one request, and that its outcome says what the target holds. Answers what is wrong, in words. */
export function requestViolations(traces: RequestTraces): string[] {
  const { request, events, marks } = traces
  const told = events.map(({ type }) => type).join(', ') || 'no events'
  const found = marks.map(({ text }) => text).join(', ') || 'no marks'
  return [
    startsOnce,
    approvedByAnother,
    endsOnce,
    nothingTwice,
    neverAgainstADecision,
    outcomeIsTrue,
    audited,
  ]
    .flatMap((check) => check(traces))
    .map((words) => `${words} (request ${request.requestId}: ${told}; ${found})`)
}

function startsOnce({ events }: RequestTraces): string[] {
  return where(events, 'ExecutionStarted').length > 1 ? ['I1: started more than once'] : []
}

function approvedByAnother({ events, marks, statements, request, approvers }: RequestTraces): string[] {
  const started = events.findIndex(({ type }) => type === 'ExecutionStarted')
  const ran = started >= 0 || marks.length > 0 || statements.length > 0
  const application = applicationOf(request.requestId)
  const foreign = marks.filter((mark) => mark.application !== null && mark.application !== application)
  return [
    ...(ran && !isApproved(events.slice(0, Math.max(started, 0)), approvers)
      ? ['I2: ran without an earlier approval of the same content by another person']
      : []),
    ...foreign.map(({ text, application: by }) => `I2: ${text} was left by the session "${by}"`),
  ]
}

function isApproved(before: RequestEvents, approvers: ReadonlySet<string>): boolean {
  const [submitted] = where(before, 'RequestSubmitted')
  const [approved] = where(before, 'RequestApproved')
  if (!submitted || approved?.actor.kind !== 'user') return false
  const by = approved.actor.id
  return (
    approvers.has(by) &&
    by !== submitted.data.requesterId &&
    approved.data.contentHash === contentHashOf(submitted.data.content)
  )
}

function endsOnce({ events }: RequestTraces): string[] {
  const started = events.findIndex(({ type }) => type === 'ExecutionStarted')
  if (started < 0)
    return where(events, 'RequestApproved').length > 0 && where(events, 'RequestCancelled').length === 0
      ? ['I3: approved, and nobody took it']
      : []
  const after = events.slice(started + 1).filter(({ type }) => ends.includes(type))
  return after.length === 1 ? [] : [`I3: started, and ${after.length} ends`]
}

function nothingTwice({ request, marks }: RequestTraces): string[] {
  const texts = marks.map(({ text }) => text)
  const twice = new Set(texts.filter((text, index) => texts.indexOf(text) !== index))
  const unknown = texts.filter((text) => !request.marks.includes(text))
  return [
    ...[...twice].map((text) => `I4: ${text} took effect more than once`),
    ...unknown.map((text) => `I2: ${text} is no part of what was asked`),
  ]
}

function neverAgainstADecision({ events, marks }: RequestTraces): string[] {
  const started = events.findIndex(({ type }) => type === 'ExecutionStarted')
  const decidedAgainst = events.findIndex(({ type }) => against.includes(type))
  return [
    ...(decidedAgainst >= 0 && started > decidedAgainst ? ['I5: decided against, and started'] : []),
    ...(started < 0 && marks.length > 0 ? ['I5: took effect without a start'] : []),
  ]
}

function outcomeIsTrue({ request, events, marks }: RequestTraces): string[] {
  const kept = new Set(marks.map(({ text }) => text)).size
  const end = events.findLast(({ type }) => ends.includes(type))
  if (end?.type === 'RequestExecuted' && kept !== request.marks.length)
    return ['I4: told as executed, but not all of it took effect']
  if (end?.type !== 'RequestFailed' && end?.type !== 'RequestCancelled') return []
  const { effects } = end.data
  return (effects === 'none' || effects === 'rolled-back') && kept > 0
    ? [`I4: told as ${effects}, but something took effect`]
    : []
}

/** What reached the target stands in the audit: of a script among its statements, of a query in its content. */
function audited({ events, marks, statements, request }: RequestTraces): string[] {
  const [submitted] = where(events, 'RequestSubmitted')
  if (!submitted) return []
  const texts =
    submitted.data.kind === 'query'
      ? [submitted.data.content]
      : where(events, 'StatementExecuted').map(({ data }) => data.text)
  const unaudited = (words: string) => !texts.some((text) => text.includes(words))
  return [
    ...marks
      .filter(({ text }) => request.marks.includes(text) && unaudited(text))
      .map(({ text }) => `I7: ${text} took effect and is in no audited statement`),
    ...statements
      .filter(({ text }) => unaudited(text))
      .map(({ text }) => `I7: the target ran "${text}", which is not audited`),
  ]
}

type OfType<T extends EventType> = Extract<RequestEvents[number], { type: T }>

const where = <T extends EventType>(events: RequestEvents, type: T): OfType<T>[] =>
  events.filter((event): event is OfType<T> => event.type === type)
