import type { EventStore } from './eventStore.ts'
import type { Log } from './log.ts'

const everyMs = 3_000
const repeatMs = 60_000

/**
 * Says in the log why the event store can't be used, within seconds of the start and of a change, once a minute while it lasts, and when
 * it is over. Answers how to stop.
 */
export function watchEventStore(store: EventStore, log: Log): () => void {
  let told: { trouble: string; at: number } | null = null
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const look = async () => {
    const trouble = await store.trouble()
    if (stopped) return
    const isNews = trouble !== null && (told?.trouble !== trouble || performance.now() - told.at > repeatMs)
    if (isNews) {
      log.warn({ trouble }, `waiting for the event store: ${trouble}`)
      told = { trouble, at: performance.now() }
    }
    if (trouble === null && told) {
      log.info('the event store can be used again')
      told = null
    }
    timer = setTimeout(() => void look(), everyMs).unref()
  }
  void look()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
