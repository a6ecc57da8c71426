import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** A request that is sent again and again. */
export interface Asked {
  url: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
}

/** Somebody who asks without end over so many connections, until stopped; answers how often which status came. */
export function startFlood(
  asked: readonly Asked[],
  connections: number,
): { stop: () => Promise<Record<string, number>> } {
  const worker = new Worker(new URL('./flood.mjs', import.meta.url), { workerData: { asked, connections } })
  return {
    stop: async () => {
      const told = once(worker, 'message')
      worker.postMessage('stop')
      const [statuses] = (await told) as [Record<string, number>]
      await worker.terminate()
      return statuses
    },
  }
}
