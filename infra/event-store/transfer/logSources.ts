import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { EventStoreDBClient, type AllStreamRecordedEvent } from '@eventstore/db-client'
import { isMetastream } from '../log/logRecord.ts'
import { softDeletedContent } from '../log/streamMetadata.ts'
import { parseEventLine, type EventLine } from './eventLine.ts'
import { exportedLines } from './exportEvents.ts'
import { eventLines } from './importBatches.ts'
import type { LogSource } from './verifyLogs.ts'

/** A log by its address: `esdb://...`, the `postgres://...` of an embedded event store, or an exported file. */
export function logSource(address: string): LogSource {
  if (/^(esdb|kurrentdb)(\+discover)?:/.test(address)) return () => eventsOfServer(address)
  if (/^postgres(ql)?:/.test(address)) return () => eventsOfDatabase(address)
  return () => eventLines(linesOf(createReadStream(address)))
}

/** Lines of a file; a file that can't be opened is an error of the reader, which `readline` alone swallows. */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  let failure: Error | undefined
  const lines = createInterface({ input, crlfDelay: Infinity })
  input.once('error', (error) => {
    failure = error
    lines.close()
  })
  for await (const line of lines) yield line
  if (failure) throw failure
}

async function* eventsOfDatabase(postgresUrl: string): AsyncGenerator<EventLine> {
  for await (const lines of exportedLines(postgresUrl)) yield* lines.map(parseEventLine)
}

async function* eventsOfServer(address: string): AsyncGenerator<EventLine> {
  const client = EventStoreDBClient.connectionString(address)
  try {
    for await (const { event } of client.readAll()) if (event) yield lineOf(event)
  } finally {
    // Not waited for: a read that ended early keeps the client from closing.
    client.dispose().catch(() => undefined)
  }
}

function lineOf(event: AllStreamRecordedEvent): EventLine {
  const { streamId, revision, id, type, isJson, created, data, metadata, position } = event
  return {
    position: Number(position.commit),
    stream: streamId,
    revision,
    id,
    type,
    isJson,
    created: created.toISOString(),
    data: isMetastream(streamId) && isSoftDeletion(data) ? softDeletedContent : bytesOf(data),
    metadata: bytesOf(metadata),
  }
}

/** The client rounds the number by which servers mark a deletion. */
function isSoftDeletion(data: unknown): boolean {
  return typeof data === 'object' && data !== null && '$tb' in data && data.$tb === 2 ** 63
}

function bytesOf(content: unknown): Buffer {
  if (content === undefined) return Buffer.alloc(0)
  return content instanceof Uint8Array ? Buffer.from(content) : Buffer.from(JSON.stringify(content))
}
