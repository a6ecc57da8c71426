import {
  BACKWARDS,
  binaryEvent,
  END,
  EventStoreDBClient,
  jsonEvent,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
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
  const inFlight: Promise<readonly EventLine[]>[] = []
  const finishOldest = async () => {
    for (const line of (await inFlight.shift()) ?? []) await appendOne(client, line)
  }
  const finishAll = async () => {
    while (inFlight.length > 0) await finishOldest()
  }
  try {
    for await (const batch of batches(lines, summary)) {
      const [first] = batch
      summary.imported += batch.length
      // Deletions travel on calls of their own, so nothing may be on its way before or beside them.
      if (first && isDeletion(first)) {
        await finishAll()
        await remove(client, first)
        continue
      }
      if (inFlight.length >= batchesInFlight) await finishOldest()
      const sending = append(client, batch)
      sending.catch(() => undefined)
      inFlight.push(sending)
    }
    await finishAll()
    return summary
  } finally {
    await client.dispose()
  }
}

async function* batches(lines: AsyncIterable<string>, summary: ImportSummary): AsyncGenerator<EventLine[]> {
  let batch: EventLine[] = []
  let bytes = 0
  const revivals = new Revivals()
  for await (const text of lines) {
    if (text.trim() === '') continue
    const line = parseEventLine(text)
    if (isBookkeeping(line.stream)) {
      summary.skippedSystemEvents++
      continue
    }
    if (revivals.isWrittenByServer(line)) {
      summary.imported++
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

/** A server writes a revived stream's new metadata by itself, so the one in the export is left out. */
class Revivals {
  private readonly deleted = new Set<string>()
  private readonly reviving = new Set<string>()

  isWrittenByServer(line: EventLine): boolean {
    const owner = isMetastream(line.stream) ? originalOf(line.stream) : line.stream
    if (isSoftDelete(line)) this.deleted.add(owner)
    else if (isMetastream(line.stream) && this.reviving.delete(owner)) return true
    else if (this.deleted.delete(owner)) this.reviving.add(owner)
    return false
  }
}

/** Resolves with what has to be appended one by one: a batch of which an earlier import has written a part. */
async function append(
  client: EventStoreDBClient,
  batch: readonly EventLine[],
): Promise<readonly EventLine[]> {
  const [first] = batch
  if (!first) return []
  try {
    await unlessDeleted(
      client.appendToStream(first.stream, batch.map(toEventData), {
        expectedRevision: revisionBefore(first),
      }),
    )
    return []
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return batch
    throw error
  }
}

async function appendOne(client: EventStoreDBClient, line: EventLine): Promise<void> {
  await unlessDeleted(
    client.appendToStream(line.stream, toEventData(line), { expectedRevision: revisionBefore(line) }),
  )
}

function revisionBefore(line: EventLine): bigint | 'no_stream' {
  return line.revision === 0n ? 'no_stream' : line.revision - 1n
}

async function remove(client: EventStoreDBClient, line: EventLine): Promise<void> {
  if (isTombstone(line)) return unlessDeleted(client.tombstoneStream(line.stream))
  if ((await lastRevision(client, line.stream)) < line.revision)
    await client.deleteStream(originalOf(line.stream))
}

/** What an earlier import deleted for good can't be written again, and need not. */
async function unlessDeleted(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof StreamDeletedError)) throw error
  }
}

async function lastRevision(client: EventStoreDBClient, stream: string): Promise<bigint> {
  try {
    for await (const { event } of client.readStream(stream, {
      direction: BACKWARDS,
      fromRevision: END,
      maxCount: 1,
    })) {
      return event?.revision ?? -1n
    }
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error
  }
  return -1n
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
