import { BACKWARDS, END, StreamNotFoundError } from '@eventstore/db-client'
import type { EventStore } from '@sre-portal/platform/eventStore'

const deadline = 500
// The bookkeeping of a persistent subscription to $all has positions, but is not shown in $all.
const hidden = ['checkpoint', 'parked'].map((name) => `$persistentsubscription-$all::executors-${name}`)

/** The position of the last event of the log; null when the event store doesn't answer soon. */
export async function headOf({ client }: EventStore): Promise<bigint | null> {
  try {
    let head = 0n
    const reading = client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, deadline })
    // To its end: a read that is left half way keeps the client from closing.
    for await (const { event } of reading) head = event?.position?.commit ?? head
    for (const stream of hidden) {
      const last = await lastPosition(client, stream)
      if (last > head) head = last
    }
    return head
  } catch {
    return null
  }
}

async function lastPosition(client: EventStore['client'], stream: string): Promise<bigint> {
  let position = 0n
  try {
    const reading = client.readStream(stream, {
      direction: BACKWARDS,
      fromRevision: END,
      maxCount: 1,
      deadline,
    })
    for await (const { event } of reading) position = event?.position?.commit ?? position
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error
  }
  return position
}
