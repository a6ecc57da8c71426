import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { EventStoreDBClient, type AllStreamRecordedEvent } from '@eventstore/db-client'
import { isMetastream } from '../log/logRecord.ts'
import { softDeletedContent } from '../log/streamMetadata.ts'
import { formatEventLine, parseEventLine, type EventLine } from './eventLine.ts'
import { exportedRecords } from './exportEvents.ts'
import { linesOf } from './exportLines.ts'
import { readExport, type ReadOptions } from './readExport.ts'
import type { LogSource } from './verifyLogs.ts'

export interface FileReading {
  /** A file without a closing line is read as well. */
  unclosed: boolean
  say: (words: string) => void
}

/** A log by its address: `esdb://...`, the `postgres://...` of an embedded event store, or an exported file. */
export function logSource(address: string, reading: FileReading): LogSource {
  if (/^(esdb|kurrentdb)(\+discover)?:/.test(address)) return () => eventsOfServer(address)
  if (/^postgres(ql)?:/.test(address)) return () => eventsOfDatabase(address)
  let isSaid = false
  const say = (words: string) => {
    if (!isSaid) reading.say(words)
    isSaid = true
  }
  return () => eventsOfFile(address, { ...reading, say, consequence: 'Nothing was judged.' })
}

export function eventsOfFile(path: string, options: Omit<ReadOptions, 'name'>): AsyncGenerator<EventLine> {
  return readExport(
    linesOf(() => createReadStream(path)),
    { ...options, name: path },
  )
}

/** What an import reads. A file is read twice, so that one that isn't whole is refused before anything of it is sent. */
export async function eventsToImport(
  path: string | undefined,
  reading: FileReading,
): Promise<AsyncGenerator<EventLine>> {
  const consequence = 'What was read before is counted above and may be in the target, which lacks the rest.'
  const input = () => process.stdin
  if (path === undefined)
    return readExport(linesOf(input), { ...reading, name: 'Standard input', consequence })
  const found = await stat(path).catch(() => undefined)
  if (found && !found.isFile()) return eventsOfFile(path, { ...reading, consequence })
  const first = eventsOfFile(path, { ...reading, consequence: 'Nothing was sent.' })
  while (!(await first.next()).done);
  return eventsOfFile(path, { ...reading, consequence, say: () => undefined })
}

async function* eventsOfDatabase(postgresUrl: string): AsyncGenerator<EventLine> {
  for await (const records of exportedRecords(postgresUrl))
    yield* records.map(formatEventLine).map(parseEventLine)
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
