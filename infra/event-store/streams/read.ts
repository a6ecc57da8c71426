import type { EventLog } from '../log/eventLog.ts'
import { unresolved } from '../log/eventLog.ts'
import { isHiddenFromAll } from '../log/hiddenStreams.ts'
import type { PageReader } from '../log/pageReader.ts'
import type { LogRecord } from '../log/logRecord.ts'
import type { Outbox } from './outbox.ts'
import { positionNotBefore, type AllPoint, type ReadPlan, type StreamPoint } from './readPlan.ts'
import { firstStreamPosition, lastStreamPosition, streamNotFound } from './readResponses.ts'
import { streamDeletedError } from './streamErrors.ts'

type StreamRead = Extract<ReadPlan, { kind: 'readStream' }>
type AllRead = Extract<ReadPlan, { kind: 'readAll' }>

export async function readStream(log: EventLog, plan: StreamRead, outbox: Outbox): Promise<void> {
  const view = await log.viewOf(plan.stream)
  if (view.kind === 'deleted') throw streamDeletedError(plan.stream)
  if (view.kind === 'missing') {
    outbox.frames.message(streamNotFound(plan.stream))
    return outbox.flush()
  }
  const { forwards } = plan
  const from = startRevision(plan.from)
  const sent = await sendPages(log, plan, outbox, {
    pages: log.pagesOfStream(view, forwards),
    cursor: from,
    cursorAfter: (last) => last.revision + (forwards ? 1 : -1),
    isWanted: undefined,
  })
  if (plan.compatibility >= 1) {
    const isSkippedAhead = forwards && sent === 0 && from !== view.lastRevision + 1
    if (isSkippedAhead) outbox.frames.message(firstStreamPosition(view.firstRevision))
    outbox.frames.message(lastStreamPosition(view.lastRevision))
  }
  await outbox.flush()
}

export async function readAll(log: EventLog, plan: AllRead, outbox: Outbox): Promise<void> {
  const { forwards, filter } = plan
  await sendPages(log, plan, outbox, {
    pages: log.pagesOfAll(forwards),
    cursor: startBound(plan.from, forwards),
    cursorAfter: (last) => last.position,
    isWanted: (record) => !isHiddenFromAll(record.streamName) && (!filter || filter(record)),
  })
  await outbox.flush()
}

interface Walk {
  pages: PageReader
  cursor: number
  cursorAfter: (last: LogRecord) => number
  isWanted: ((record: LogRecord) => boolean) | undefined
}

async function sendPages(
  log: EventLog,
  plan: StreamRead | AllRead,
  outbox: Outbox,
  walk: Walk,
): Promise<number> {
  let { cursor } = walk
  let remaining = plan.count
  try {
    while (remaining > 0 && !outbox.isOver) {
      const step = await sendPage(log, plan, outbox, { ...walk, cursor }, remaining)
      remaining -= step.sent
      if (step.isLast) break
      cursor = step.cursor
      if (!outbox.isMoving) {
        walk.pages.giveBack()
        await outbox.flush()
      }
    }
  } finally {
    walk.pages.rest()
  }
  return plan.count - remaining
}

interface Step {
  sent: number
  cursor: number
  isLast: boolean
}

/** Nothing refers to the page any more once this is done, also when the consumer stands still in the middle of it. */
async function sendPage(
  log: EventLog,
  plan: StreamRead | AllRead,
  outbox: Outbox,
  { pages, cursor, cursorAfter, isWanted }: Walk,
  remaining: number,
): Promise<Step> {
  // A filter may drop most of a page, so only an unfiltered read knows how much of the log it will need.
  const isFiltered = plan.kind === 'readAll' && plan.filter !== undefined
  const page = await pages.read(cursor, isFiltered ? Infinity : remaining)
  const last = page.records.at(-1)
  const wanted = isWanted ? page.records.filter(isWanted) : page.records
  const due = wanted.length > remaining ? wanted.slice(0, remaining) : wanted
  const outgoing = plan.resolveLinks ? await log.resolveLinks(due) : due.map(unresolved)
  const sent = await outbox.sendEvents(outgoing, { structuredIds: plan.structuredIds })
  const isWhole = sent === due.length
  const reached = isWhole ? last : due[sent - 1]
  return {
    sent,
    cursor: reached ? cursorAfter(reached) : cursor,
    isLast: isWhole && (!last || page.isLast),
  }
}

function startRevision(from: StreamPoint): number {
  if (from === 'start') return 0
  return from === 'end' ? 2 ** 63 : from
}

function startBound(from: AllPoint, forwards: boolean): number {
  if (from === 'start') return 0
  if (from === 'end') return 2 ** 63
  const position = positionNotBefore(from)
  return forwards ? position - 1 : position
}
