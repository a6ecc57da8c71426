import fc from 'fast-check'
import { expect, it } from 'vitest'
import { tombstoneRevision } from '../log/logRecord.ts'
import { formatEventLine, parseEventLine } from './eventLine.ts'

const content = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', ' {"a": 1}', '{"$tb":9223372036854775807}', '{"a":').map((text) => Buffer.from(text)),
)

it('a line of an export brings every byte back', () => {
  fc.assert(
    fc.property(
      content,
      content,
      fc.boolean(),
      fc.constantFrom(0, 12, tombstoneRevision),
      (data, metadata, isJson, revision) => {
        const record = {
          position: 7,
          streamKey: 1,
          streamName: 'größe-1',
          revision,
          id: Buffer.from('0123456789abcdef0123456789abcdef', 'hex'),
          type: 'Type',
          isJson,
          createdMicros: 1_700_000_000_000_000,
          data,
          metadata,
        }
        const line = parseEventLine(formatEventLine(record))
        expect(line).toMatchObject({ position: 7, stream: 'größe-1', type: 'Type', isJson })
        expect(line.revision).toBe(revision === tombstoneRevision ? 2n ** 63n - 1n : BigInt(revision))
        expect(line.data.equals(data)).toBe(true)
        expect(line.metadata.equals(metadata)).toBe(true)
      },
    ),
  )
})
