import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from './log.ts'

const firstPauseMs = 200
const longestPauseMs = 5_000

/** Work that has to succeed once; `trouble` is null when it has, else `waitingFor`. */
export interface Trying {
  trouble(): string | null
  stop(): void
}

/** Does the work until it succeeds, with growing pauses; the same failure is logged once. */
export function keepTrying(log: Log, waitingFor: string, work: () => Promise<void>): Trying {
  const stopping = new AbortController()
  let trouble: string | null = waitingFor
  let told = ''
  void (async () => {
    for (let pauseMs = firstPauseMs; !stopping.signal.aborted;) {
      try {
        await work()
        trouble = null
        return
      } catch (error) {
        const reason = (error as Error).message
        if (reason !== told) log.warn({ reason }, waitingFor)
        told = reason
        trouble = `${waitingFor}: ${reason}`
      }
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  })()
  return { trouble: () => trouble, stop: () => stopping.abort() }
}
