import { randomUUID } from 'node:crypto'
import type { EventLog } from '../log/eventLog.ts'
import { uuidBytes } from '../wire/uuid.ts'
import { checkpointStream, type GroupKey } from './groupKey.ts'
import { parsePointText, pointText, type GroupSettings } from './groupSettings.ts'
import type { GroupMessage, SourceMark } from './message.ts'

const checkpointType = '$SubscriptionCheckpoint'

export async function loadCheckpoint(log: EventLog, key: GroupKey): Promise<number | undefined> {
  const view = await log.viewOf(checkpointStream(key))
  const { records } = await log.readStream(view, Infinity, 1, false)
  const content: unknown = records[0] ? JSON.parse(records[0].data.toString('utf8')) : undefined
  return typeof content === 'string' ? parsePointText(content) : undefined
}

/** Knows how far a group has come without gaps, and writes that down now and then. */
export class Checkpointer {
  private readonly log: EventLog
  private readonly key: GroupKey
  private readonly settings: GroupSettings
  private unfinished: GroupMessage[] = []
  private firstUnfinished = 0
  private read: SourceMark
  private written: SourceMark
  private writtenAtMs = Date.now()
  private isWriting = false
  private hasCheckpoint: boolean

  constructor(log: EventLog, key: GroupKey, settings: GroupSettings, start: number, hasCheckpoint: boolean) {
    this.log = log
    this.key = key
    this.settings = settings
    this.read = { point: start, ordinal: 0 }
    this.written = this.read
    this.hasCheckpoint = hasCheckpoint
  }

  get readUpTo(): SourceMark {
    return this.read
  }

  get lastCheckpoint(): number | undefined {
    return this.hasCheckpoint ? this.written.point : undefined
  }

  opened(message: GroupMessage): void {
    this.unfinished.push(message)
  }

  advanceRead(point: number, isCounted: boolean): void {
    this.read = { point, ordinal: this.read.ordinal + (isCounted ? 1 : 0) }
  }

  /** Called after messages are done or skipped. */
  progressed(): void {
    this.forgetDone()
    const { ordinal } = this.candidate()
    if (ordinal - this.written.ordinal >= Math.max(1, this.settings.maxCheckpointCount)) this.write()
  }

  tick(nowMs: number): void {
    const { checkpointAfterMs, minCheckpointCount } = this.settings
    if (checkpointAfterMs <= 0 || nowMs - this.writtenAtMs < checkpointAfterMs) return
    this.forgetDone()
    const handled = this.candidate().ordinal - this.written.ordinal
    if (handled >= Math.max(1, minCheckpointCount)) this.write()
  }

  private candidate(): SourceMark {
    return this.unfinished[this.firstUnfinished]?.before ?? this.read
  }

  private forgetDone(): void {
    while (this.unfinished[this.firstUnfinished]?.isDone) this.firstUnfinished++
    if (this.firstUnfinished < 1000 && this.firstUnfinished < this.unfinished.length) return
    this.unfinished = this.unfinished.slice(this.firstUnfinished)
    this.firstUnfinished = 0
  }

  private write(): void {
    if (this.isWriting) return
    const mark = this.candidate()
    this.isWriting = true
    const content = JSON.stringify(pointText(this.key.source, mark.point))
    const data = Buffer.from(content)
    const id = uuidBytes(randomUUID())
    const event = { id, type: checkpointType, isJson: true, data, metadata: Buffer.alloc(0) }
    this.log.writer.enqueue(
      {
        kind: 'append',
        stream: checkpointStream(this.key),
        expected: 'any',
        events: [event],
        bytes: data.length,
      },
      (outcome) => {
        this.isWriting = false
        this.writtenAtMs = Date.now()
        if (outcome.kind !== 'written') return
        this.written = mark
        this.hasCheckpoint = true
        this.progressed()
      },
    )
  }
}
