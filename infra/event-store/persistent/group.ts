import type { EventLog } from '../log/eventLog.ts'
import { unresolved } from '../log/eventLog.ts'
import { Wakeup } from '../transport/wakeup.ts'
import { originalOf } from '../wire/readEventEncoder.ts'
import { Checkpointer, loadCheckpoint } from './checkpointing.ts'
import { Consumer, type ConsumerOptions } from './consumer.ts'
import type { GroupDefinition } from './groupSettings.ts'
import { groupMessage, type GroupMessage } from './message.ts'
import { ParkedMessages } from './parking.ts'
import { dropped, failed, maximumSubscribersReached } from './persistentErrors.ts'
import { drainMessages, RetryQueue } from './retryQueue.ts'
import { createSource, type GroupSource, type SourcePage } from './source.ts'
import { createStrategy, type ConsumerStrategy } from './strategies.ts'
import { Throughput } from './throughput.ts'

export type NackAction = 'park' | 'retry' | 'skip'

const tickMs = 1000
const failureDelayMs = 250
const smallestRead = 100

/** A persistent subscription: reads its source ahead and hands each event to one consumer until it is answered. */
export class PersistentGroup {
  readonly definition: GroupDefinition
  readonly consumers = new Set<Consumer>()
  readonly throughput = new Throughput()
  readonly parked: ParkedMessages
  private readonly log: EventLog
  private readonly source: GroupSource
  private readonly strategy: ConsumerStrategy
  private readonly retries = new RetryQueue()
  private readonly wakeup = new Wakeup()
  private readonly reportFailure: (line: string) => void
  private checkpointer: Checkpointer | undefined
  private ready: GroupMessage[] = []
  private lastKnown: number | undefined
  private isBehind = true
  private reported = ''
  private isReplaying = false
  private isStopped = false

  constructor(log: EventLog, definition: GroupDefinition, reportFailure: (line: string) => void) {
    this.log = log
    this.definition = definition
    this.reportFailure = reportFailure
    this.source = sourceOf(log, definition)
    this.strategy = createStrategy(definition.settings.strategy)
    this.parked = new ParkedMessages(log, definition)
  }

  /** Finds out where to go on; without it the group is not ready, and `run` tries again. */
  async prepare(): Promise<void> {
    try {
      this.checkpointer ??= await this.locate()
    } catch (error) {
      this.report(error)
    }
  }

  /** Reads and delivers until stopped. */
  async run(): Promise<void> {
    const stopFollowing = this.log.tail.follow(this.wakeup.wake)
    const ticker = setInterval(() => this.tick(Date.now()), tickMs)
    try {
      while (!this.isStopped) {
        try {
          this.checkpointer ??= await this.locate()
          await this.work(this.checkpointer)
          this.reported = ''
        } catch (error) {
          this.report(error)
          await new Promise((resolve) => setTimeout(resolve, failureDelayMs))
        }
      }
    } finally {
      clearInterval(ticker)
      stopFollowing()
    }
  }

  /** Ends the group; its consumers are told that it was dropped. */
  stop(): void {
    this.isStopped = true
    for (const consumer of [...this.consumers]) consumer.options.call.fail(dropped(this.definition))
    this.wakeup.wake()
  }

  join(options: ConsumerOptions): Consumer {
    const { maxSubscriberCount } = this.definition.settings
    if (maxSubscriberCount > 0 && this.consumers.size >= maxSubscriberCount) {
      throw maximumSubscribersReached(this.definition)
    }
    const consumer = new Consumer(options)
    this.consumers.add(consumer)
    this.strategy.join(consumer)
    options.call.onEnded(() => this.leave(consumer))
    options.call.onDrain(this.wakeup.wake)
    this.wakeup.wake()
    return consumer
  }

  acknowledge(consumer: Consumer, ids: readonly Buffer[]): void {
    const nowMs = Date.now()
    for (const id of ids) {
      const message = consumer.answered(id.toString('latin1'), nowMs)
      if (message) message.isDone = true
    }
    this.checkpointer?.progressed()
    this.wakeup.wake()
  }

  refuse(consumer: Consumer, ids: readonly Buffer[], action: NackAction, reason: string): void {
    const nowMs = Date.now()
    for (const id of ids) {
      const message = consumer.answered(id.toString('latin1'), nowMs)
      if (!message) continue
      if (action === 'skip') message.isDone = true
      else if (action === 'park') void this.park(message, reason)
      else this.retry(message)
    }
    this.checkpointer?.progressed()
    this.wakeup.wake()
  }

  /** Puts parked messages back into circulation; returns once they are queued. */
  async replayParked(stopAt: number | undefined): Promise<void> {
    if (stopAt !== undefined && stopAt < 0)
      throw failed(this.definition, 'Cannot stop replaying parked message at a negative version.')
    if (this.isReplaying) return
    this.isReplaying = true
    try {
      const before = this.checkpointer?.readUpTo ?? { point: 0, ordinal: 0 }
      await this.parked.replay(stopAt, (outgoing, link) => {
        this.retries.add(groupMessage(outgoing, link, before, true))
      })
    } finally {
      this.isReplaying = false
      this.wakeup.wake()
    }
  }

  get state() {
    const inFlight = [...this.consumers].reduce((sum, consumer) => sum + consumer.inFlight.size, 0)
    return {
      isLocated: this.checkpointer !== undefined,
      isBehind: this.isBehind,
      lastCheckpoint: this.checkpointer?.lastCheckpoint,
      lastKnown: this.lastKnown,
      ready: this.ready.length,
      retrying: this.retries.size,
      inFlight,
    }
  }

  private report(error: unknown): void {
    const { source, group } = this.definition
    if (this.reported === String(error)) return
    this.reported = String(error)
    this.reportFailure(`Persistent subscription ${source}::${group} pauses: ${String(error)}`)
  }

  private async locate(): Promise<Checkpointer> {
    const { definition, log } = this
    const stored = await loadCheckpoint(log, definition)
    const start = stored ?? this.source.startBefore(definition)
    return new Checkpointer(log, definition, definition.settings, start, stored !== undefined)
  }

  private async work(checkpointer: Checkpointer): Promise<void> {
    this.push()
    const { historyBufferSize } = this.definition.settings
    const room = historyBufferSize - this.ready.length
    if (room > 0) {
      const { point } = checkpointer.readUpTo
      const page = await this.source.readAfter(point, Math.max(1, Math.min(room, this.readSize())))
      if (this.isStopped) return
      this.isBehind = page.readUpTo > point
      if (this.isBehind) {
        await this.load(checkpointer, page)
        return
      }
    }
    await this.wakeup.wait()
  }

  private readSize(): number {
    return Math.max(smallestRead, this.definition.settings.readBatchSize)
  }

  private async load(checkpointer: Checkpointer, page: SourcePage): Promise<void> {
    const wanted = page.events.filter((event) => event.isWanted).map((event) => event.record)
    const outgoing = this.definition.settings.resolveLinks
      ? await this.log.resolveLinks(wanted)
      : wanted.map(unresolved)
    let next = 0
    for (const { point, isWanted, isCounted } of page.events) {
      const before = checkpointer.readUpTo
      checkpointer.advanceRead(point, isCounted)
      const event = isWanted ? outgoing[next++] : undefined
      if (!event) continue
      const message = groupMessage(event, originalOf(event), before, false)
      checkpointer.opened(message)
      this.ready.push(message)
      this.lastKnown = point
    }
    checkpointer.advanceRead(page.readUpTo, false)
    checkpointer.progressed()
  }

  private push(): void {
    if (this.consumers.size === 0) return
    const nowMs = Date.now()
    const take = (message: GroupMessage) => {
      const consumer = this.strategy.pick(message)
      if (!consumer) return false
      consumer.take(message, nowMs)
      this.throughput.count()
      return true
    }
    const { allowsOvertaking } = this.strategy
    const isBlocked = this.retries.drain(take, allowsOvertaking)
    if (!isBlocked) this.ready = drainMessages(this.ready, take, allowsOvertaking).kept
    for (const consumer of this.consumers) consumer.flush()
  }

  private tick(nowMs: number): void {
    const { messageTimeoutMs } = this.definition.settings
    for (const consumer of this.consumers) {
      for (const [idKey, message] of consumer.inFlight) {
        if (nowMs - message.sentAtMs < messageTimeoutMs) continue
        consumer.inFlight.delete(idKey)
        this.retry(message)
      }
    }
    this.checkpointer?.tick(nowMs)
    this.wakeup.wake()
  }

  private leave(consumer: Consumer): void {
    this.consumers.delete(consumer)
    this.strategy.leave(consumer)
    for (const message of consumer.inFlight.values()) {
      message.retryCount++
      this.retries.add(message)
    }
    consumer.inFlight.clear()
    this.wakeup.wake()
  }

  private retry(message: GroupMessage): void {
    const { maxRetryCount } = this.definition.settings
    if (message.retryCount >= maxRetryCount) {
      void this.park(message, `Reached retry count of ${maxRetryCount}`)
      return
    }
    message.retryCount++
    this.retries.add(message)
  }

  private async park(message: GroupMessage, reason: string): Promise<void> {
    if (await this.parked.park(message, reason)) message.isDone = true
    else this.retries.add(message)
    this.checkpointer?.progressed()
    this.wakeup.wake()
  }
}

/** A stored filter that this version refuses leaves its group not ready, and the others alone. */
function sourceOf(log: EventLog, { source, filter }: GroupDefinition): GroupSource {
  try {
    return createSource(log, source, filter)
  } catch (error) {
    const refuse = async (): Promise<never> => {
      throw error
    }
    return {
      startBefore: () => {
        throw error
      },
      currentEnd: refuse,
      readAfter: refuse,
    }
  }
}
