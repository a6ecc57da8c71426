import type { EventLog } from '../log/eventLog.ts'
import { unresolved } from '../log/eventLog.ts'
import { isHiddenFromAll } from '../log/hiddenStreams.ts'
import type { Page } from '../log/logQueries.ts'
import { PageReader } from '../log/pageReader.ts'
import type { LogRecord } from '../log/logRecord.ts'
import { encodeReadEvent } from '../wire/readEventEncoder.ts'
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
  const pages = new PageReader(
    (cursor, limit) => log.readStream(view, cursor, limit, forwards),
    (last) => last.revision + (forwards ? 1 : -1),
    log.mayReadAhead,
  )
  const sent = await sendPages(log, plan, outbox, (cursor, remaining) => pages.read(cursor, remaining), {
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
  const bound = startBound(plan.from, forwards)
  const pages = new PageReader(
    (cursor, limit) => log.readAll(cursor, limit, forwards),
    (last) => last.position,
    log.mayReadAhead,
  )
  // A filter may drop most of a page, so only an unfiltered read knows how much of the log it will need.
  await sendPages(
    log,
    plan,
    outbox,
    (cursor, remaining) => pages.read(cursor, filter ? Infinity : remaining),
    {
      cursor: bound,
      cursorAfter: (last) => last.position,
      isWanted: (record) => !isHiddenFromAll(record.streamName) && (!filter || filter(record)),
    },
  )
  await outbox.flush()
}

interface Walk {
  cursor: number
  cursorAfter: (last: LogRecord) => number
  isWanted: ((record: LogRecord) => boolean) | undefined
}

async function sendPages(
  log: EventLog,
  plan: StreamRead | AllRead,
  outbox: Outbox,
  read: (cursor: number, remaining: number) => Promise<Page>,
  walk: Walk,
): Promise<number> {
  const encoding = { structuredIds: plan.structuredIds }
  let { cursor } = walk
  let remaining = plan.count
  while (remaining > 0 && !outbox.isOver) {
    const page = await read(cursor, remaining)
    const last = page.records.at(-1)
    const wanted = walk.isWanted ? page.records.filter(walk.isWanted) : page.records
    const due = wanted.length > remaining ? wanted.slice(0, remaining) : wanted
    const outgoing = plan.resolveLinks ? await log.resolveLinks(due) : due.map(unresolved)
    for (const event of outgoing) {
      encodeReadEvent(outbox.frames, event, encoding)
      if (outbox.isFull) await outbox.flush()
    }
    remaining -= due.length
    if (!last || page.isLast) break
    cursor = walk.cursorAfter(last)
  }
  return plan.count - remaining
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
