import { randomUUID } from 'node:crypto'
import { unresolved, type EventLog } from '../log/eventLog.ts'
import { isHiddenFromAll } from '../log/hiddenStreams.ts'
import { tombstoneRevision, type LogRecord } from '../log/logRecord.ts'
import { largestPage, PageReader } from '../log/pageReader.ts'
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
  try {
    let cursor = positionAfter(plan.after, log.tail.lastPosition)
    const checkpoints = plan.filter ? new CheckpointCounter(plan.checkpointInterval) : undefined
    const pages = new PageReader(
      (after, limit) => log.readAll(after, limit, true),
      (last) => last.position,
      log.mayReadAhead,
    )
    let isCaughtUp = false
    outbox.frames.message(confirmation(randomUUID()))
    while (!outbox.isOver) {
      const records = log.tail.after(cursor, largestPage) ?? (await pages.read(cursor, Infinity)).records
      const last = records.at(-1)
      if (last) {
        await sendAllPage(log, plan, outbox, records, checkpoints)
        cursor = last.position
      } else {
        if (!isCaughtUp) {
          isCaughtUp = true
          if (checkpoints?.isDueAtEnd(cursor)) outbox.frames.message(checkpoint(cursor))
          outbox.frames.message(caughtUp)
        }
        await outbox.flush()
        if (cursor >= log.tail.lastPosition) await outbox.wakeup.wait()
      }
    }
  } finally {
    stopFollowing()
  }
}

async function sendAllPage(
  log: EventLog,
  plan: AllSubscription,
  outbox: Outbox,
  records: readonly LogRecord[],
  checkpoints: CheckpointCounter | undefined,
): Promise<void> {
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
    if (outbox.isFull) await outbox.flush()
    if (outbox.isOver) return
  }
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
      for (
        let live = log.tail.after(position, largestPage);
        live;
        live = log.tail.after(position, largestPage)
      ) {
        const last = live.at(-1)
        if (last) {
          revision = await sendLive(log, plan, outbox, live, revision)
          position = last.position
        } else {
          await outbox.flush()
          if (outbox.isOver) return
          if (position >= log.tail.lastPosition) await outbox.wakeup.wait()
        }
        if (outbox.isOver) return
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
  const pages = new PageReader(
    (cursor, limit) => log.readStream(view, cursor, limit, true),
    (last) => last.revision + 1,
    log.mayReadAhead,
  )
  let revision = after
  while (!outbox.isOver) {
    const page = await pages.read(revision + 1, Infinity)
    await send(log, plan, outbox, page.records)
    revision = page.records.at(-1)?.revision ?? revision
    if (page.isLast) break
  }
  return revision
}

async function sendLive(
  log: EventLog,
  plan: StreamSubscription,
  outbox: Outbox,
  live: readonly LogRecord[],
  after: number,
): Promise<number> {
  const news = live.filter((record) => record.streamName === plan.stream && record.revision > after)
  await send(log, plan, outbox, news)
  const last = news.at(-1)
  if (last?.revision === tombstoneRevision) {
    await outbox.flush()
    throw streamDeletedError(plan.stream)
  }
  return last?.revision ?? after
}

async function send(
  log: EventLog,
  plan: StreamSubscription,
  outbox: Outbox,
  records: readonly LogRecord[],
): Promise<void> {
  const outgoing = plan.resolveLinks ? await log.resolveLinks(records) : records.map(unresolved)
  for (const event of outgoing) {
    encodeReadEvent(outbox.frames, event, plan)
    if (outbox.isFull) await outbox.flush()
    if (outbox.isOver) return
  }
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
