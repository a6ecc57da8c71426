import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { settlePrepared } from './settlePassword.ts'

const pauseMs = 5_000

/** Settles again and again what commands have left behind, so that a new password and the end of the old one's sessions wait for nobody. */
export function keepSettling(context: Context): { stop(): void } {
  const stopping = new AbortController()
  void (async () => {
    for (let told = ''; !stopping.signal.aborted;) {
      try {
        await settlePrepared(context)
        told = ''
      } catch (error) {
        const reason = (error as Error).message
        if (reason !== told)
          context.log.warn({ reason }, 'passwords that were set wait to be stored; trying again')
        told = reason
      }
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return { stop: () => stopping.abort() }
}
