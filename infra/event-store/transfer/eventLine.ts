import { z } from 'zod'
import { tombstoneRevision, type LogRecord } from '../log/logRecord.ts'
import { uuidText } from '../wire/uuid.ts'

/**
 * One event as a line of NDJSON. Contents are readable JSON where writing that JSON gives the same bytes again, and
 * base64 otherwise.
 */
const eventLine = z.object({
  position: z.number(),
  stream: z.string(),
  revision: z.string(),
  id: z.guid(),
  type: z.string(),
  contentType: z.enum(['application/json', 'application/octet-stream']),
  created: z.string(),
  data: z.unknown().optional(),
  dataBase64: z.string().optional(),
  metadata: z.unknown().optional(),
  metadataBase64: z.string().optional(),
})

export interface EventLine {
  position: number
  stream: string
  revision: bigint
  id: string
  type: string
  isJson: boolean
  created: string
  data: Buffer
  metadata: Buffer
}

export function formatEventLine(record: LogRecord): string {
  const line: z.input<typeof eventLine> = {
    position: record.position,
    stream: record.streamName,
    revision: record.revision === tombstoneRevision ? String(2n ** 63n - 1n) : String(record.revision),
    id: uuidText(record.id),
    type: record.type,
    contentType: record.isJson ? 'application/json' : 'application/octet-stream',
    created: new Date(record.createdMicros / 1000).toISOString(),
  }
  if (record.isJson && isStableJson(record.data)) line.data = parse(record.data)
  else line.dataBase64 = record.data.toString('base64')
  if (isStableJson(record.metadata)) line.metadata = parse(record.metadata)
  else if (record.metadata.length > 0) line.metadataBase64 = record.metadata.toString('base64')
  return JSON.stringify(line)
}

export function parseEventLine(text: string): EventLine {
  const line = eventLine.parse(JSON.parse(text))
  return {
    position: line.position,
    stream: line.stream,
    revision: BigInt(line.revision),
    id: line.id,
    type: line.type,
    isJson: line.contentType === 'application/json',
    created: line.created,
    data: contentBytes(line.data, line.dataBase64),
    metadata: contentBytes(line.metadata, line.metadataBase64),
  }
}

/** True for JSON that JSON.stringify writes again byte for byte; large numbers and spaces make it false. */
export function isStableJson(content: Buffer): boolean {
  if (content.length === 0) return false
  try {
    return Buffer.from(JSON.stringify(parse(content))).equals(content)
  } catch {
    return false
  }
}

function parse(content: Buffer): unknown {
  return JSON.parse(content.toString('utf8'))
}

function contentBytes(json: unknown, base64: string | undefined): Buffer {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  return json === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(json))
}
