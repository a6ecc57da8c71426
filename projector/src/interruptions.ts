import type { Log } from '@sre-portal/platform/log'

const quietMs = 60_000

/** Logs interruptions while the pauses grow, then once a minute: the same words again help nobody. */
export function reportInterruptions(log: Log): (error: Error, delayMs: number) => void {
  let last = { message: '', at: -Infinity, delayMs: 0 }
  return ({ message }, delayMs) => {
    const repeats = message === last.message && delayMs === last.delayMs
    if (repeats && performance.now() - last.at < quietMs) return
    last = { message, at: performance.now(), delayMs }
    log.warn({ reason: message, delayMs }, 'the projection was interrupted and starts again')
  }
}
