import { END, EventStoreDBClient, START } from '@eventstore/db-client'
import { catchUp, fill, readAll } from './eventStoreFigures.ts'
import type { EventStoreProcess } from './eventStoreProcess.ts'
import { benchEvent } from './eventStoreRows.ts'

export interface MemoryPeaks {
  reading: number
  subscribing: number
  slowConsumer: number
}

/** The largest memory of the server while a client reads everything, follows everything, or doesn't keep up. */
export async function memoryPeaks(server: EventStoreProcess, count: number): Promise<MemoryPeaks> {
  const client = EventStoreDBClient.connectionString(server.connectionString)
  const reading = await peakDuring(server, () => readAll(client, count))
  const subscribing = await peakDuring(server, () => catchUp(client, count))
  const slowConsumer = await peakDuring(server, () => fillBesideSlowConsumer(client, Math.ceil(count / 5)))
  await client.dispose()
  return { reading, subscribing, slowConsumer }
}

async function fillBesideSlowConsumer(client: EventStoreDBClient, count: number): Promise<void> {
  const history = client.subscribeToAll({ fromPosition: START })
  const live = client.subscribeToAll({ fromPosition: END })
  history.pause()
  live.pause()
  await fill(client, count)
  await client.appendToStream('after-the-flood', benchEvent(0))
  await history.unsubscribe()
  await live.unsubscribe()
}

async function peakDuring(server: EventStoreProcess, work: () => Promise<unknown>): Promise<number> {
  let peak = server.memoryMb()
  const sampler = setInterval(() => {
    peak = Math.max(peak, server.memoryMb())
  }, 100)
  try {
    await work()
    return peak
  } finally {
    clearInterval(sampler)
  }
}
