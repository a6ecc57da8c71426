import type { Readable } from 'node:stream'
import type { RecordedEvent, StreamingRead } from '@eventstore/db-client'
import { NoAnswerInTime } from './outage.ts'

/**
 * The events of a reading, which is ended for sure when they are left, whether early, at an error or at the end: one that is left
 * open would keep the client from closing.
 * @throws NoAnswerInTime when nothing comes for `patienceMs` while the next event is waited for
 */
export async function* eventsOf(
  reading: StreamingRead<{ event?: RecordedEvent }>,
  patienceMs: number,
): AsyncGenerator<RecordedEvent> {
  let timer: NodeJS.Timeout | undefined
  const waitForNext = () => {
    clearTimeout(timer)
    timer = setTimeout(() => reading.destroy(new NoAnswerInTime('The event store', patienceMs)), patienceMs)
  }
  try {
    waitForNext()
    for await (const item of reading.iterator({ destroyOnReturn: false })) {
      clearTimeout(timer)
      const { event } = item as { event?: RecordedEvent }
      if (event) yield event
      waitForNext()
    }
  } finally {
    clearTimeout(timer)
    endReading(reading)
  }
}

interface Cancelled extends Readable {
  cancel?: () => Promise<void>
  unsubscribe?: () => Promise<void>
}

/** Cancels what is still to come and lets what has come run out, so that the call is seen to end. Waits for nothing. */
export function endReading(reading: Cancelled): void {
  reading.on('error', () => undefined)
  reading.resume()
  // The connection may never come about; nobody waits for it.
  void (reading.cancel?.() ?? reading.unsubscribe?.())?.catch(() => undefined)
}
