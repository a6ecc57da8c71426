import { manager, type TestPortal } from '@sre-portal/executor/testing/portal'
import type { Mark, MarkedRequest, RequestEvents } from './history.ts'
import { requestViolations } from './requestChecks.ts'

/**
 * Reads everything back and checks I1 to I5, I7 and I8. `further` are marks at targets beside PostgreSQL. Answers what is wrong, in
 * words; the numbers are those of docs/executor.md.
 */
export async function checkAll(
  portal: TestPortal,
  requests: MarkedRequest[],
  further: Mark[] = [],
): Promise<string[]> {
  const { rows } = await portal.target.query<Mark>('select text, application from marks')
  const marks = [...rows, ...further]
  const checked = await Promise.all(
    requests.map(async (request) => {
      const events = await portal.events(request.requestId)
      const own = marks.filter(({ text }) => request.marks.includes(text))
      return [
        ...requestViolations({ request, events, marks: own, statements: [], approvers: new Set([manager]) }),
        ...lostCommands(portal, events),
      ]
    }),
  )
  const known = new Set(requests.flatMap((request) => request.marks))
  const foreign = marks.filter(({ text }) => !known.has(text))
  return [
    ...checked.flat(),
    ...foreign.map(({ text }) => `I2: ${text} is at the target, and nobody asked for it`),
  ]
}

/** I8: what the event store has acknowledged is there. */
function lostCommands({ acknowledged }: TestPortal, events: RequestEvents): string[] {
  const present = new Set(events.map(({ id }) => id))
  return acknowledged
    .filter(({ stream, eventId }) => stream === events[0]?.stream && !present.has(eventId))
    .map(({ stream, eventId }) => `I8: event ${eventId} of ${stream} was acknowledged, and is not there`)
}
