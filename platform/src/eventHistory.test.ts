import { readdirSync, readFileSync } from 'node:fs'
import type { RecordedEvent } from '@eventstore/db-client'
import { describe, expect, it } from 'vitest'
import { decodeEvent } from './eventCodec.ts'

/** One real event of a type and version, as it was released: it is read for ever. */
interface Released {
  type: string
  stream: string
  data: object
  metadata: object
}

const folder = new URL('../../contracts/src/events/history/', import.meta.url)
const names = readdirSync(folder)

const recordedOf = ({ type, stream, data, metadata }: Released) =>
  ({
    ...{ type, data, metadata, streamId: stream, isJson: true, revision: 0n },
    id: '00000000-0000-4000-8000-000000000001',
    created: new Date(0),
    position: { commit: 1n, prepare: 1n },
  }) as unknown as RecordedEvent

describe('an event as it was released', () => {
  it.each(names)('is read: %s', (name) => {
    const released = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Released
    expect(name).toMatch(new RegExp(`^${released.type}\\.v\\d+\\.json$`))
    expect(decodeEvent(recordedOf(released))).toMatchObject({
      type: released.type,
      data: released.data,
      metadata: released.metadata,
    })
  })
})
