import type { RequestEvent } from '@sre-portal/contracts'
import { manager, requester, type TestPortal } from '@sre-portal/executor/testing/portal'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'

/** One request of a test: `mark` is what its run leaves at the target, once for each time that it is committed. */
export interface MarkedRequest {
  requestId: string
  mark: string
  /** Marks that a run which ends well leaves. */
  expected: number
}

type Events = StoredEvent<RequestEvent>[]

const terminal = ['RequestExecuted', 'RequestFailed', 'ExecutionOutcomeUnknown', 'RequestCancelled']
const count = (events: Events, type: string) => events.filter((event) => event.type === type).length

/**
 * Checks a request's history against what its target holds. Answers what is wrong, in words; the numbers are those of docs/executor.md.
 */
export function violations(request: MarkedRequest, events: Events, marks: number): string[] {
  const wrong: string[] = []
  const say = (broken: boolean, words: string) => {
    if (broken)
      wrong.push(`${request.mark}: ${words} (${events.map(({ type }) => type).join(', ')}; ${marks} marks)`)
  }
  const started = count(events, 'ExecutionStarted')
  const ends = events.filter(({ type }) => terminal.includes(type))
  const [end] = ends
  say(started > 1, 'I1: started more than once')
  say(marks > 0 && !approvedByAnother(events), 'I2: ran without the approval of another person')
  say(started === 1 && ends.length !== 1, 'I3: started and not exactly one end')
  say(marks > request.expected, 'I4: a statement took effect more than once')
  say(
    (count(events, 'RequestRejected') > 0 || count(events, 'RequestWithdrawn') > 0) && started > 0,
    'I5: decided against and started',
  )
  say(started === 0 && marks > 0, 'I5: took effect without a start')
  if (end?.type === 'RequestExecuted')
    say(marks !== request.expected, 'I4: told as executed, but not all of it took effect')
  if (end?.type === 'RequestFailed' || end?.type === 'RequestCancelled') {
    const kept = end.data.effects === 'none' || end.data.effects === 'rolled-back' ? 0 : marks
    say(marks !== kept, `told as ${end.data.effects}, but something took effect`)
  }
  return wrong
}

/** Reads everything back and checks all of it. */
export async function checkAll(portal: TestPortal, requests: MarkedRequest[]): Promise<string[]> {
  const { rows } = await portal.target.query<{ mark: string; n: string }>(
    'select mark, count(*) n from marks group by mark',
  )
  const marks = new Map(rows.map(({ mark, n }) => [mark, Number(n)]))
  const checked = await Promise.all(
    requests.map(async (request) => {
      const events = await portal.events(request.requestId)
      const wrong = violations(request, events, marks.get(request.mark) ?? 0)
      return [...wrong, ...unauditedStatements(request, events, marks.get(request.mark) ?? 0)]
    }),
  )
  const known = new Set(requests.map(({ mark }) => mark))
  const foreign = [...marks.keys()].filter((mark) => !known.has(mark))
  return [...checked.flat(), ...foreign.map((mark) => `I2: ${mark} is at the target and nobody asked for it`)]
}

/** I7: what a script did at the target is among the statements that were audited. */
function unauditedStatements(request: MarkedRequest, events: Events, marks: number): string[] {
  const submitted = events[0]
  if (submitted?.type !== 'RequestSubmitted' || submitted.data.kind !== 'script') return []
  const audited = events.filter(
    (event) => event.type === 'StatementExecuted' && event.data.text.includes(request.mark),
  ).length
  return audited < marks
    ? [`I7: ${request.mark}: ${marks} marks, but only ${audited} audited statements`]
    : []
}

function approvedByAnother(events: Events): boolean {
  const submitted = events.find(({ type }) => type === 'RequestSubmitted')
  const approved = events.find(({ type }) => type === 'RequestApproved')
  if (submitted?.type !== 'RequestSubmitted' || approved?.type !== 'RequestApproved') return false
  const by = approved.actor.kind === 'user' ? approved.actor.id : null
  return by === manager && by !== requester && approved.data.contentHash === submitted.data.contentHash
}
