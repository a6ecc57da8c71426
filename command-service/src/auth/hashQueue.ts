import { availableParallelism } from 'node:os'
import { Throttled } from '@sre-portal/platform/http/problem'

const mostAtOnceAnywhere = 4
const mostAtOnceAnAddress = 2
const mostWaiting = 16
const mostWaitingAnAddress = 8
const retryAfterSeconds = 2

/** Hashing costs a third of a second of a core each: a burst of it must neither stop everybody else nor queue for minutes. */
export interface HashQueue {
  /** Refuses at once, before anything else is looked up, what would find no room. @throws Throttled as `run` does */
  ensureRoom(address: string): void
  /** Runs the work as soon as this address and the service have room. @throws Throttled when too many wait already */
  run<T>(address: string, work: () => Promise<T>): Promise<T>
}

interface Waiting {
  address: string
  start: () => void
}

/** One core is left to everything else that the service does. */
const coresToUse = () => Math.max(1, Math.min(mostAtOnceAnywhere, availableParallelism() - 1))

/** First come, first served, but for addresses that have their share at work already. */
export function createHashQueue(mostAtOnce = coresToUse()): HashQueue {
  const running = new Map<string, number>()
  const waiting: Waiting[] = []
  const atWork = () => [...running.values()].reduce((sum, count) => sum + count, 0)
  const hasRoom = (address: string) =>
    atWork() < mostAtOnce && (running.get(address) ?? 0) < mostAtOnceAnAddress
  const begin = (address: string) => running.set(address, (running.get(address) ?? 0) + 1)

  const finish = (address: string) => {
    const left = (running.get(address) ?? 1) - 1
    if (left > 0) running.set(address, left)
    else running.delete(address)
    const next = waiting.findIndex((one) => hasRoom(one.address))
    for (const one of next < 0 ? [] : waiting.splice(next, 1)) {
      begin(one.address)
      one.start()
    }
  }

  const ensureRoom = (address: string) => {
    if (hasRoom(address)) return
    const ofAddress = waiting.filter((one) => one.address === address).length
    if (waiting.length >= mostWaiting || ofAddress >= mostWaitingAnAddress)
      throw new Throttled(retryAfterSeconds)
  }

  const turn = (address: string): Promise<void> | void => {
    ensureRoom(address)
    if (hasRoom(address)) return void begin(address)
    return new Promise((start) => waiting.push({ address, start }))
  }

  return {
    ensureRoom,
    run: async (address, work) => {
      await turn(address)
      try {
        return await work()
      } finally {
        finish(address)
      }
    },
  }
}
