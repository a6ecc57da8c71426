import type { EventLog } from '../log/eventLog.ts'
import { isHiddenFromAll } from '../log/hiddenStreams.ts'
import type { LogRecord } from '../log/logRecord.ts'
import { positionNotBefore } from '../streams/readPlan.ts'
import { eventFilter, type EventFilter } from '../streams/eventFilter.ts'
import { allStreams } from './groupKey.ts'
import type { GroupDefinition } from './groupSettings.ts'

export interface SourceEvent {
  record: LogRecord
  point: number
  isWanted: boolean
  /** The bookkeeping of groups moves the cursor, but is nothing that a group has dealt with. */
  isCounted: boolean
}

export interface SourcePage {
  events: SourceEvent[]
  /** How far the source is read, also when nothing visible was found. */
  readUpTo: number
}

/** Where the messages of a group come from. Points are positions of `$all`, or revisions of a stream. */
export interface GroupSource {
  /** The point before the first event of a group without checkpoint. */
  startBefore(definition: GroupDefinition): number
  currentEnd(): Promise<number>
  readAfter(point: number, limit: number): Promise<SourcePage>
}

export function createSource(log: EventLog, source: string, filter: GroupDefinition['filter']): GroupSource {
  return source === allStreams ? new AllSource(log, eventFilter(filter)) : new StreamSource(log, source)
}

class AllSource implements GroupSource {
  private readonly log: EventLog
  private readonly filter: EventFilter | undefined

  constructor(log: EventLog, filter: EventFilter | undefined) {
    this.log = log
    this.filter = filter
  }

  startBefore({ startFrom, endAtCreation }: GroupDefinition): number {
    const { point } = startFrom
    if (point === 'start' || typeof point === 'number') return 0
    return point === 'end' ? endAtCreation : positionNotBefore(point) - 1
  }

  currentEnd(): Promise<number> {
    return Promise.resolve(this.log.tail.lastPosition)
  }

  async readAfter(point: number, limit: number): Promise<SourcePage> {
    const recent = this.log.tail.after(point, limit)
    const records = recent ?? (await this.log.readAll(point, limit, true)).records
    const events = records.map((record) => {
      const isCounted = !isHiddenFromAll(record.streamName)
      return {
        record,
        point: record.position,
        isCounted,
        isWanted: isCounted && (!this.filter || this.filter(record)),
      }
    })
    return { events, readUpTo: records.at(-1)?.position ?? point }
  }
}

class StreamSource implements GroupSource {
  private readonly log: EventLog
  private readonly stream: string

  constructor(log: EventLog, stream: string) {
    this.log = log
    this.stream = stream
  }

  startBefore({ startFrom, endAtCreation }: GroupDefinition): number {
    const { point } = startFrom
    if (point === 'start') return -1
    if (point === 'end') return endAtCreation
    return typeof point === 'number' ? point - 1 : -1
  }

  async currentEnd(): Promise<number> {
    const view = await this.log.viewOf(this.stream)
    return view.kind === 'deleted' ? -1 : view.lastRevision
  }

  async readAfter(point: number, limit: number): Promise<SourcePage> {
    const view = await this.log.viewOf(this.stream)
    if (view.kind !== 'readable' || view.lastRevision <= point) return { events: [], readUpTo: point }
    const { records, isLast } = await this.log.readStream(view, point + 1, limit, true)
    const events = records.map((record) => ({
      record,
      point: record.revision,
      isCounted: true,
      isWanted: true,
    }))
    return { events, readUpTo: isLast ? view.lastRevision : (records.at(-1)?.revision ?? point) }
  }
}
