import { uuidBytes } from '../wire/uuid.ts'
import type { EventLog } from './eventLog.ts'
import { metadataType, metastreamOf } from './logRecord.ts'

export const configStream = '$persistentSubscriptionConfig'
const configHistory = 2

/** A log is never empty: the stream with the persistent subscriptions gets its metadata when the log is created. */
export async function writeFirstEvents(log: EventLog): Promise<void> {
  if (log.tail.lastPosition > 0) return
  await log.writer.write({
    kind: 'append',
    stream: metastreamOf(configStream),
    expected: 'noStream',
    events: [
      {
        id: uuidBytes('2b0f4e0a-53c8-4d4b-9a37-0d6ae1f0b001'),
        type: metadataType,
        isJson: true,
        data: Buffer.from(JSON.stringify({ $maxCount: configHistory })),
        metadata: Buffer.alloc(0),
      },
    ],
    bytes: 0,
  })
}
