import type { LogRecord } from '../log/logRecord.ts'
import { varintBytes, type FrameBatch } from './frameBatch.ts'
import { uuidText } from './uuid.ts'

export interface OutgoingEvent {
  event: LogRecord | undefined
  link: LogRecord | undefined
}

export interface EventEncoding {
  structuredIds: boolean
  /** Set for persistent subscriptions, whose events count redeliveries and carry the position of what was subscribed to. */
  retryCount?: number
}

const jsonEntry = mapEntry('content-type', 'application/json')
const binaryEntry = mapEntry('content-type', 'application/octet-stream')
const typeKey = Buffer.from([0x0a, 4, ...Buffer.from('type')])
const createdKey = Buffer.from([0x0a, 7, ...Buffer.from('created')])
const textIdBytes = 36
const structuredIdMaxBytes = 22

export function originalOf(outgoing: OutgoingEvent): LogRecord {
  const original = outgoing.link ?? outgoing.event
  if (!original) throw new Error('An outgoing event is neither an event nor a link')
  return original
}

/** Writes `ReadResp{event}`; the message has the same shape for reads, subscriptions and persistent subscriptions. */
export function encodeReadEvent(batch: FrameBatch, outgoing: OutgoingEvent, encoding: EventEncoding): void {
  const { retryCount } = encoding
  const position = originalOf(outgoing).position
  const shared = retryCount === undefined ? undefined : position
  const event = outgoing.event && measure(outgoing.event, shared, encoding.structuredIds)
  const link = outgoing.link && measure(outgoing.link, shared, encoding.structuredIds)
  const retryBytes = retryCount === undefined ? 0 : 1 + varintBytes(retryCount)
  const size =
    (event ? fieldBytes(event.size) : 0) +
    (link ? fieldBytes(link.size) : 0) +
    1 +
    varintBytes(position) +
    retryBytes

  batch.startMessage(fieldBytes(size))
  batch.byte(0x0a)
  batch.varint(size)
  if (event) writeRecord(batch, 0x0a, event)
  if (link) writeRecord(batch, 0x12, link)
  batch.byte(0x18)
  batch.varint(position)
  if (retryCount !== undefined) {
    batch.byte(0x28)
    batch.varint(retryCount)
  }
}

interface MeasuredRecord {
  record: LogRecord
  position: number
  id: Buffer | undefined
  nameBytes: number
  typeBytes: number
  created: string
  size: number
}

function measure(
  record: LogRecord,
  sharedPosition: number | undefined,
  structuredIds: boolean,
): MeasuredRecord {
  const position = sharedPosition ?? record.position
  const id = structuredIds ? structuredId(record.id) : undefined
  const nameBytes = Buffer.byteLength(record.streamName)
  const typeBytes = Buffer.byteLength(record.type)
  const created = `${record.createdMicros}0`
  const size =
    fieldBytes(fieldBytes(id ? id.length : textIdBytes)) +
    fieldBytes(fieldBytes(nameBytes)) +
    1 +
    varintBytes(record.revision) +
    2 * (1 + varintBytes(position)) +
    fieldBytes(typeKey.length + fieldBytes(typeBytes)) +
    (record.isJson ? jsonEntry.length : binaryEntry.length) +
    fieldBytes(createdKey.length + fieldBytes(created.length)) +
    fieldBytes(record.metadata.length) +
    fieldBytes(record.data.length)
  return { record, position, id, nameBytes, typeBytes, created, size }
}

function writeRecord(batch: FrameBatch, tag: number, measured: MeasuredRecord): void {
  const { record, position, id, nameBytes, typeBytes, created } = measured
  batch.byte(tag)
  batch.varint(measured.size)
  writeId(batch, record.id, id)
  batch.byte(0x12)
  batch.varint(fieldBytes(nameBytes))
  writeText(batch, 0x1a, record.streamName, nameBytes)
  batch.byte(0x18)
  batch.varint(record.revision)
  batch.byte(0x20)
  batch.varint(position)
  batch.byte(0x28)
  batch.varint(position)
  batch.byte(0x32)
  batch.varint(typeKey.length + fieldBytes(typeBytes))
  batch.raw(typeKey)
  writeText(batch, 0x12, record.type, typeBytes)
  batch.raw(record.isJson ? jsonEntry : binaryEntry)
  batch.byte(0x32)
  batch.varint(createdKey.length + fieldBytes(created.length))
  batch.raw(createdKey)
  writeText(batch, 0x12, created, created.length)
  batch.lengthDelimited(0x3a, record.metadata)
  batch.lengthDelimited(0x42, record.data)
}

function writeId(batch: FrameBatch, id: Buffer, structured: Buffer | undefined): void {
  const length = structured ? structured.length : textIdBytes
  batch.byte(0x0a)
  batch.varint(fieldBytes(length))
  if (structured) batch.lengthDelimited(0x0a, structured)
  else writeText(batch, 0x12, uuidText(id), length)
}

function structuredId(id: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(structuredIdMaxBytes)
  let length = 0
  for (const [tag, half] of [[0x08, 0] as const, [0x10, 8] as const]) {
    bytes[length++] = tag
    let rest = id.readBigUInt64BE(half)
    while (rest >= 0x80n) {
      bytes[length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    bytes[length++] = Number(rest)
  }
  return bytes.subarray(0, length)
}

function writeText(batch: FrameBatch, tag: number, text: string, bytes: number): void {
  batch.byte(tag)
  batch.varint(bytes)
  batch.text(text)
}

function fieldBytes(length: number): number {
  return 1 + varintBytes(length) + length
}

function mapEntry(key: string, value: string): Buffer {
  const body = [0x0a, key.length, ...Buffer.from(key), 0x12, value.length, ...Buffer.from(value)]
  return Buffer.from([0x32, body.length, ...body])
}
