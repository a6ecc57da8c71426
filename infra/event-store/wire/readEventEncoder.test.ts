import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tombstoneRevision, type LogRecord } from '../log/logRecord.ts'
import { decodeMessage } from './definitions.ts'
import { FrameBatch } from './frameBatch.ts'
import { encodeReadEvent } from './readEventEncoder.ts'
import { uuidText } from './uuid.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((content) => Buffer.from(content))

const record: fc.Arbitrary<LogRecord> = fc.record({
  position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  streamKey: fc.nat(),
  streamName: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
  revision: fc.oneof(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.constant(tombstoneRevision)),
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id)),
  type: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
  isJson: fc.boolean(),
  createdMicros: fc.integer({ min: 1, max: 4_000_000_000_000_000 }),
  data: bytes(300),
  metadata: bytes(300),
})

interface DecodedRecord {
  id: { string?: string; structured?: { mostSignificantBits: string; leastSignificantBits: string } }
  streamIdentifier: { streamName: Buffer }
  streamRevision: string
  commitPosition: string
  preparePosition: string
  metadata: Record<string, string>
  customMetadata: Buffer
  data: Buffer
}

interface Decoded {
  event: {
    event: DecodedRecord | null
    link: DecodedRecord | null
    commitPosition: string
    retryCount?: number
  }
}

function roundTrip(
  outgoing: Parameters<typeof encodeReadEvent>[1],
  encoding: Parameters<typeof encodeReadEvent>[2],
) {
  const batch = new FrameBatch()
  encodeReadEvent(batch, outgoing, encoding)
  const frame = batch.take()
  expect(frame[0]).toBe(0)
  expect(frame.readUInt32BE(1)).toBe(frame.length - 5)
  const type = 'event_store.client.persistent_subscriptions.ReadResp'
  return decodeMessage<Decoded>(type, frame.subarray(5)).event
}

function expectSame(decoded: DecodedRecord | null, sent: LogRecord, position: number): void {
  expect(decoded).toMatchObject({
    streamRevision: sent.revision === tombstoneRevision ? '9223372036854775807' : String(sent.revision),
    commitPosition: String(position),
    preparePosition: String(position),
    metadata: {
      type: sent.type,
      'content-type': sent.isJson ? 'application/json' : 'application/octet-stream',
      created: `${sent.createdMicros}0`,
    },
  })
  expect(decoded?.streamIdentifier.streamName.toString()).toBe(Buffer.from(sent.streamName).toString())
  expect(Buffer.from(decoded?.data ?? []).equals(sent.data)).toBe(true)
  expect(Buffer.from(decoded?.customMetadata ?? []).equals(sent.metadata)).toBe(true)
}

describe('The hand-written encoding of events', () => {
  it('is what the .proto files decode', () => {
    fc.assert(
      fc.property(record, fc.option(record, { nil: undefined }), (event, link) => {
        const decoded = roundTrip({ event, link }, { structuredIds: false })
        expectSame(decoded.event, event, event.position)
        expect(decoded.event?.id.string).toBe(uuidText(event.id))
        if (link) expectSame(decoded.link, link, link.position)
        else expect(decoded.link).toBeNull()
        expect(decoded.commitPosition).toBe(String((link ?? event).position))
        expect(decoded.retryCount).toBeUndefined()
      }),
    )
  })

  it('gives both events of a resolved link the position of the link, and a retry count, for persistent ones', () => {
    fc.assert(
      fc.property(record, record, fc.nat({ max: 1000 }), (event, link, retryCount) => {
        const decoded = roundTrip({ event, link }, { structuredIds: false, retryCount })
        expectSame(decoded.event, event, link.position)
        expectSame(decoded.link, link, link.position)
        expect(decoded.retryCount).toBe(retryCount)
      }),
    )
  })

  it('writes ids as two signed halves when asked to', () => {
    fc.assert(
      fc.property(record, (event) => {
        const { structured } = roundTrip({ event, link: undefined }, { structuredIds: true }).event?.id ?? {}
        expect(structured).toEqual({
          mostSignificantBits: event.id.readBigInt64BE(0).toString(),
          leastSignificantBits: event.id.readBigInt64BE(8).toString(),
        })
      }),
    )
  })
})
