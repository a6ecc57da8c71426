import { randomUUID } from 'node:crypto'
import type { EventLog } from '../log/eventLog.ts'
import { linkData } from '../log/linkTarget.ts'
import { linkType, metadataType, metastreamOf, type LogRecord } from '../log/logRecord.ts'
import type { OutgoingEvent } from '../wire/readEventEncoder.ts'
import { uuidBytes } from '../wire/uuid.ts'
import { parkedStream, type GroupKey } from './groupKey.ts'
import type { GroupMessage } from './message.ts'

const pageSize = 500

/** The stream with the messages that a group has given up on, as links to the originals. */
export class ParkedMessages {
  private readonly log: EventLog
  private readonly stream: string

  constructor(log: EventLog, key: GroupKey) {
    this.log = log
    this.stream = parkedStream(key)
  }

  /** True when the message is safely parked. */
  async park(message: GroupMessage, reason: string): Promise<boolean> {
    const { event, link } = message.outgoing
    const target = event ?? link ?? message.original
    const data = linkData(target.revision, target.streamName)
    const metadata = Buffer.from(
      JSON.stringify({
        added: new Date().toISOString(),
        reason,
        subscriptionEventNumber: message.original.revision,
      }),
    )
    const parked = { id: uuidBytes(randomUUID()), type: linkType, isJson: false, data, metadata }
    const bytes = data.length + metadata.length
    const outcome = await this.log.writer.write({
      kind: 'append',
      stream: this.stream,
      expected: 'any',
      events: [parked],
      bytes,
    })
    return outcome.kind === 'written'
  }

  async count(): Promise<number> {
    const view = await this.log.viewOf(this.stream)
    return view.kind === 'readable' ? Math.max(0, view.lastRevision - view.firstRevision + 1) : 0
  }

  /** Hands over the parked messages below `stopAt` with their targets, then forgets them. */
  async replay(
    stopAt: number | undefined,
    take: (outgoing: OutgoingEvent, link: LogRecord) => void,
  ): Promise<void> {
    const view = await this.log.viewOf(this.stream)
    if (view.kind !== 'readable') return
    const end = Math.min(stopAt ?? Infinity, view.lastRevision + 1)
    let next = view.firstRevision
    if (next >= end) return
    while (next < end) {
      const { records } = await this.log.readStream(view, next, Math.min(pageSize, end - next), true)
      const last = records.at(-1)
      if (!last) break
      for (const outgoing of await this.log.resolveLinks(records)) {
        if (outgoing.link && outgoing.event) take(outgoing, outgoing.link)
      }
      next = last.revision + 1
    }
    await this.truncateBefore(end)
  }

  private async truncateBefore(revision: number): Promise<void> {
    const data = Buffer.from(JSON.stringify({ $tb: revision }))
    const event = {
      id: uuidBytes(randomUUID()),
      type: metadataType,
      isJson: true,
      data,
      metadata: Buffer.alloc(0),
    }
    await this.log.writer.write({
      kind: 'append',
      stream: metastreamOf(this.stream),
      expected: 'any',
      events: [event],
      bytes: data.length,
    })
  }
}
