import {
  binaryEvent,
  EventStoreDBClient,
  jsonEvent,
  type AppendExpectedRevision,
  type EventData,
  type JSONType,
} from '@eventstore/db-client'
import { isMetastream, originalOf } from '../log/logRecord.ts'
import { parseStreamMetadata } from '../log/streamMetadata.ts'
import { isStableJson, parseEventLine, type EventLine } from './eventLine.ts'

export interface ImportSummary {
  imported: number
  /** Bookkeeping of the server that was exported; the new one keeps its own. */
  skippedSystemEvents: number
  /** JSON that the client can't send byte for byte: same meaning, other spelling. */
  respelledEvents: number
}

const largestBatch = 100
const largestBatchBytes = 500_000
const batchesInFlight = 32

/** Appends exported events through the client, in their order. Repeating an import that broke off continues it. */
export async function importEvents(
  connectionString: string,
  lines: AsyncIterable<string>,
): Promise<ImportSummary> {
  const client = EventStoreDBClient.connectionString(connectionString)
  const summary = { imported: 0, skippedSystemEvents: 0, respelledEvents: 0 }
  const inFlight: Promise<unknown>[] = []
  try {
    for await (const batch of batches(lines, summary)) {
      if (inFlight.length >= batchesInFlight) await inFlight.shift()
      const sending = send(client, batch)
      sending.catch(() => undefined)
      inFlight.push(sending)
      summary.imported += batch.length
    }
    await Promise.all(inFlight)
    return summary
  } finally {
    await client.dispose()
  }
}

async function* batches(lines: AsyncIterable<string>, summary: ImportSummary): AsyncGenerator<EventLine[]> {
  let batch: EventLine[] = []
  let bytes = 0
  for await (const text of lines) {
    if (text.trim() === '') continue
    const line = parseEventLine(text)
    if (isBookkeeping(line.stream)) {
      summary.skippedSystemEvents++
      continue
    }
    if (line.isJson && !isStableJson(line.data) && !isSoftDelete(line)) summary.respelledEvents++
    const size = line.data.length + line.metadata.length + 2 * line.type.length
    const [first] = batch
    const belongs =
      first?.stream === line.stream && batch.length < largestBatch && bytes + size <= largestBatchBytes
    if (batch.length > 0 && (!belongs || isDeletion(line) || (first && isDeletion(first)))) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(line)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

async function send(client: EventStoreDBClient, batch: readonly EventLine[]): Promise<unknown> {
  const [first] = batch
  if (!first) return undefined
  if (isTombstone(first)) return client.tombstoneStream(first.stream)
  if (isSoftDelete(first)) return client.deleteStream(originalOf(first.stream))
  return client.appendToStream(first.stream, batch.map(toEventData), {
    expectedRevision: expectedRevision(first),
  })
}

/** A stream grows exactly as it did; its metadata may gain an event, because a revived stream gets one by itself. */
function expectedRevision(first: EventLine): AppendExpectedRevision {
  if (isMetastream(first.stream)) return 'any'
  return first.revision === 0n ? 'no_stream' : first.revision - 1n
}

function toEventData(line: EventLine): EventData {
  const metadata = line.metadata.length > 0 ? { metadata: new Uint8Array(line.metadata) } : {}
  const { id, type } = line
  const json = line.isJson ? parseJson(line.data) : undefined
  return json === undefined
    ? binaryEvent({ id, type, data: new Uint8Array(line.data), ...metadata })
    : jsonEvent({ id, type, data: json, ...metadata })
}

function parseJson(content: Buffer): JSONType | undefined {
  try {
    return JSON.parse(content.toString('utf8')) as JSONType
  } catch {
    return undefined
  }
}

function isBookkeeping(stream: string): boolean {
  const owner = isMetastream(stream) ? originalOf(stream) : stream
  return owner.startsWith('$')
}

function isDeletion(line: EventLine): boolean {
  return isTombstone(line) || isSoftDelete(line)
}

function isTombstone(line: EventLine): boolean {
  return line.revision === 2n ** 63n - 1n
}

function isSoftDelete(line: EventLine): boolean {
  return isMetastream(line.stream) && parseStreamMetadata(line.data).isSoftDeleted
}
