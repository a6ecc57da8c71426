import { randomUUID } from 'node:crypto'
import { unresolved, type EventLog } from '../log/eventLog.ts'
import { isHiddenFromAll } from '../log/hiddenStreams.ts'
import { tombstoneRevision, type LogRecord } from '../log/logRecord.ts'
import { largestPage, type PageReader } from '../log/pageReader.ts'
import { encodeReadEvent } from '../wire/readEventEncoder.ts'
import type { Outbox } from './outbox.ts'
import { positionNotAfter, type AllPoint, type ReadPlan } from './readPlan.ts'
import { caughtUp, checkpoint, confirmation } from './readResponses.ts'
import { streamDeletedError } from './streamErrors.ts'

type StreamSubscription = Extract<ReadPlan, { kind: 'subscribeStream' }>
type AllSubscription = Extract<ReadPlan, { kind: 'subscribeAll' }>

/** History and live events come from one cursor, so there is no seam at which one could be lost or sent twice. */
export async function subscribeToAll(log: EventLog, plan: AllSubscription, outbox: Outbox): Promise<void> {
  const stopFollowing = log.tail.follow(outbox.wakeup.wake)
  const pages = log.pagesOfAll(true)
  try {
    let cursor = positionAfter(plan.after, log.tail.lastPosition)
    const checkpoints = plan.filter ? new CheckpointCounter(plan.checkpointInterval) : undefined
    let isCaughtUp = false
    outbox.frames.message(confirmation(randomUUID()))
    while (!outbox.isOver) {
      const reached = await sendAllPage(log, plan, outbox, { pages, cursor, checkpoints })
      if (reached === undefined) {
        pages.rest()
        if (!isCaughtUp) {
          isCaughtUp = true
          if (checkpoints?.isDueAtEnd(cursor)) outbox.frames.message(checkpoint(cursor))
          outbox.frames.message(caughtUp)
        }
        await outbox.flush()
        if (cursor >= log.tail.lastPosition) await outbox.wakeup.wait()
      } else {
        cursor = reached
        await waitForConsumer(outbox, pages)
      }
    }
  } finally {
    pages.rest()
    stopFollowing()
  }
}

interface AllWalk {
  pages: PageReader
  cursor: number
  checkpoints: CheckpointCounter | undefined
}

/** Answers the position it came to, or undefined at the end. Nothing refers to the page any more once this is done. */
async function sendAllPage(
  log: EventLog,
  plan: AllSubscription,
  outbox: Outbox,
  { pages, cursor, checkpoints }: AllWalk,
): Promise<number | undefined> {
  const records = log.tail.after(cursor, largestPage) ?? (await pages.read(cursor, Infinity)).records
  const isWanted = (record: LogRecord) =>
    !isHiddenFromAll(record.streamName) && (!plan.filter || plan.filter(record))
  const wanted = records.filter(isWanted)
  const outgoing = plan.resolveLinks ? await log.resolveLinks(wanted) : wanted.map(unresolved)
  let next = 0
  for (const record of records) {
    if (wanted[next] === record) {
      const event = outgoing[next++]
      if (event) encodeReadEvent(outbox.frames, event, plan)
    }
    if (checkpoints?.isDueAfter(record.position)) outbox.frames.message(checkpoint(record.position))
    if (outbox.isFull && !(await outbox.flushPatiently())) return record.position
  }
  return records.at(-1)?.position
}

async function waitForConsumer(outbox: Outbox, pages: PageReader): Promise<void> {
  if (outbox.isMoving) return
  pages.giveBack()
  await outbox.flush()
}

export async function subscribeToStream(
  log: EventLog,
  plan: StreamSubscription,
  outbox: Outbox,
): Promise<void> {
  const stopFollowing = log.tail.follow(outbox.wakeup.wake)
  try {
    let isCaughtUp = false
    let revision = await startAfter(log, plan)
    outbox.frames.message(confirmation(randomUUID()))
    while (!outbox.isOver) {
      // Taken before the view, so that whatever the view can't show yet is later in the tail.
      let position = log.tail.lastPosition
      revision = await sendHistory(log, plan, outbox, revision)
      if (!isCaughtUp) outbox.frames.message(caughtUp)
      isCaughtUp = true
      while (!outbox.isOver) {
        const live = await sendLive(log, plan, outbox, { position, revision })
        if (live === undefined) break
        const isIdle = live.position === position
        position = live.position
        revision = live.revision
        if (isIdle || !outbox.isMoving) await outbox.flush()
        if (isIdle && !outbox.isOver && position >= log.tail.lastPosition) await outbox.wakeup.wait()
      }
    }
  } finally {
    stopFollowing()
  }
}

async function startAfter(log: EventLog, plan: StreamSubscription): Promise<number> {
  const view = await log.viewOf(plan.stream)
  if (view.kind === 'deleted') throw streamDeletedError(plan.stream)
  if (plan.after === 'start') return -1
  return plan.after === 'end' ? view.lastRevision : plan.after
}

async function sendHistory(
  log: EventLog,
  plan: StreamSubscription,
  outbox: Outbox,
  after: number,
): Promise<number> {
  const view = await log.viewOf(plan.stream)
  if (view.kind === 'deleted') throw streamDeletedError(plan.stream)
  const pages = log.pagesOfStream(view, true)
  let revision = after
  try {
    let isLast = false
    while (!isLast && !outbox.isOver) {
      const step = await sendHistoryPage(log, plan, outbox, pages, revision)
      ;({ revision, isLast } = step)
      await waitForConsumer(outbox, pages)
    }
  } finally {
    pages.rest()
  }
  return revision
}

async function sendHistoryPage(
  log: EventLog,
  plan: StreamSubscription,
  outbox: Outbox,
  pages: PageReader,
  after: number,
): Promise<{ revision: number; isLast: boolean }> {
  const { records, isLast } = await pages.read(after + 1, Infinity)
  const sent = await send(log, plan, outbox, records)
  return { revision: records[sent - 1]?.revision ?? after, isLast: isLast && sent === records.length }
}

interface LivePlace {
  position: number
  revision: number
}

/** Answers how far it came; the same place when nothing is new, undefined when what is next is no longer in memory. */
async function sendLive(
  log: EventLog,
  plan: StreamSubscription,
  outbox: Outbox,
  from: LivePlace,
): Promise<LivePlace | undefined> {
  const live = log.tail.after(from.position, largestPage)
  if (!live) return undefined
  const news = live.filter((record) => record.streamName === plan.stream && record.revision > from.revision)
  const sent = await send(log, plan, outbox, news)
  const last = news[sent - 1]
  if (last?.revision === tombstoneRevision) {
    await outbox.flush()
    throw streamDeletedError(plan.stream)
  }
  const reached = sent === news.length ? live.at(-1) : last
  return { position: reached?.position ?? from.position, revision: last?.revision ?? from.revision }
}

async function send(
  log: EventLog,
  plan: StreamSubscription,
  outbox: Outbox,
  records: readonly LogRecord[],
): Promise<number> {
  const outgoing = plan.resolveLinks ? await log.resolveLinks(records) : records.map(unresolved)
  return outbox.sendEvents(outgoing, plan)
}

/** Tells a filtered subscriber now and then how far the log was searched, although nothing matched. */
class CheckpointCounter {
  private readonly interval: number
  private considered = 0
  private lastSent = 0

  constructor(interval: number) {
    this.interval = interval
  }

  isDueAfter(position: number): boolean {
    this.considered++
    if (this.considered < this.interval) return false
    this.considered = 0
    return this.isDueAtEnd(position)
  }

  isDueAtEnd(position: number): boolean {
    if (position <= this.lastSent) return false
    this.lastSent = position
    return true
  }
}

function positionAfter(after: AllPoint, lastPosition: number): number {
  if (after === 'start') return 0
  return after === 'end' ? lastPosition : positionNotAfter(after)
}
