import {
  binaryEvent,
  EventStoreDBClient,
  jsonEvent,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
  type AppendResult,
  type EventData,
  type JSONType,
} from '@eventstore/db-client'
import { originalOf } from '../log/logRecord.ts'
import { survivesRewriting } from './canonicalJson.ts'
import type { EventLine } from './eventLine.ts'
import { isTombstone } from './importBatches.ts'
import { TransferFault } from './transferFault.ts'

export type Appended =
  { kind: 'at'; position: bigint | undefined } | { kind: 'tombstoned' } | { kind: 'other' }

/** The event store that is imported into, by its client. */
export class Target {
  private readonly client: EventStoreDBClient

  constructor(connectionString: string) {
    this.client = EventStoreDBClient.connectionString(connectionString)
  }

  /** Ends in time whatever the server does: the client waits for calls that a lost server never ends. */
  async close(withinMs = 2000): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs)
    })
    await Promise.race([this.client.dispose().catch(() => undefined), patience])
    clearTimeout(timer)
  }

  async head(): Promise<bigint> {
    let head = 0n
    for await (const { event, link } of this.client.readAll({
      direction: 'backwards',
      fromPosition: 'end',
      maxCount: 1,
    }))
      head = (link ?? event)?.position.commit ?? head
    return head
  }

  /** `other`: the stream holds something else at this place, or only a part of the batch. */
  async append(batch: readonly EventLine[]): Promise<Appended> {
    const [first] = batch
    if (!first) return { kind: 'other' }
    const expectedRevision = first.revision === 0n ? 'no_stream' : first.revision - 1n
    try {
      const { position }: AppendResult = await this.client.appendToStream(
        first.stream,
        batch.map(toEventData),
        { expectedRevision },
      )
      return { kind: 'at', position: position?.commit }
    } catch (error) {
      if (error instanceof StreamDeletedError) return { kind: 'tombstoned' }
      if (error instanceof WrongExpectedVersionError) return { kind: 'other' }
      throw error
    }
  }

  /** False when the stream was deleted already. */
  async remove(line: EventLine): Promise<boolean> {
    try {
      if (isTombstone(line)) await this.client.tombstoneStream(line.stream)
      else if ((await this.lastRevision(line.stream)) >= line.revision) return false
      else await this.client.deleteStream(originalOf(line.stream))
      return true
    } catch (error) {
      if (error instanceof StreamDeletedError) return false
      throw error
    }
  }

  private async lastRevision(stream: string): Promise<bigint> {
    let last = -1n
    try {
      // To its end: a read that is left half way keeps the client from closing.
      for await (const { event } of this.client.readStream(stream, {
        direction: 'backwards',
        fromRevision: 'end',
        maxCount: 1,
      }))
        last = event?.revision ?? last
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error
    }
    return last
  }
}

/** JSON that the client would change is sent as it is, as binary. */
export function isSentAsBinary(line: EventLine): boolean {
  return line.isJson && !survivesRewriting(line.data)
}

function toEventData(line: EventLine): EventData {
  const { id, type } = line
  const metadata = line.metadata.length > 0 ? { metadata: new Uint8Array(line.metadata) } : {}
  if (!line.isJson || isSentAsBinary(line))
    return binaryEvent({ id, type, data: new Uint8Array(line.data), ...metadata })
  return jsonEvent({ id, type, data: JSON.parse(line.data.toString('utf8')) as JSONType, ...metadata })
}

export function placeOf({ stream, revision }: EventLine): string {
  return `${stream}@${revision}`
}

export function otherEventFault(line: EventLine): TransferFault {
  return new TransferFault(
    `The target has something else at ${placeOf(line)}: it was written by others, or from another log. ` +
      'Import into a new event store.',
  )
}
