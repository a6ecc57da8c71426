import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '@sre-portal/platform/log'
import type { Connection, Pool } from '@sre-portal/platform/postgres'
import type { ReadModel } from './readModel.ts'

/** Tells when the projector has written. */
export interface Projected {
  /** Calls back after each transaction of the projector, and after a lost connection was remade. Answers how to stop. */
  onChange(listener: () => void): () => void
  /** Waits until the read models have reached the position, at most `ms`. */
  waitFor(position: bigint, ms: number): Promise<void>
  close(): Promise<void>
}

const pauseMs = 500
const probeMs = 15_000

/** Listens on one connection of its own, for as long as the service runs. */
export function listenForProjected(pool: Pool, readModel: ReadModel, log: Log): Projected {
  const listeners = new Set<() => void>()
  const closing = new AbortController()
  const tellAll = () => listeners.forEach((listener) => listener())
  const listening = keepListening(pool, tellAll, closing.signal, log)

  const onChange = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return {
    onChange,
    async waitFor(position, ms) {
      const deadline = performance.now() + ms
      for (;;) {
        const change = nextChange(onChange)
        const left = deadline - performance.now()
        const reached = (await readModel.position()) >= position
        if (!reached && left > 0) await Promise.race([change.happened, wait(left)])
        change.forget()
        if (reached || left <= 0) return
      }
    },
    async close() {
      closing.abort()
      await listening
    },
  }
}

function nextChange(onChange: Projected['onChange']) {
  let forget = () => {}
  const happened = new Promise<void>((resolve) => {
    forget = onChange(resolve)
  })
  return { happened, forget }
}

async function keepListening(pool: Pool, tell: () => void, signal: AbortSignal, log: Log): Promise<void> {
  while (!signal.aborted) {
    try {
      const connection = await pool.connect()
      await listenUntilLost(connection, tell, signal)
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'lost the connection that tells of changes')
    }
    if (!signal.aborted) await wait(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

async function listenUntilLost(connection: Connection, tell: () => void, signal: AbortSignal): Promise<void> {
  let fail = (_: Error) => {}
  const lost = new Promise<never>((_, reject) => (fail = reject))
  lost.catch(() => undefined)
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  connection.on('notification', tell)
  connection.on('error', fail)
  // A connection that died without a word is found out by asking.
  const probe = setInterval(() => void connection.query('select 1').catch(fail), probeMs)
  try {
    await connection.query('listen projected')
    tell()
    await Promise.race([lost, stopped])
  } finally {
    clearInterval(probe)
    connection.removeListener('notification', tell)
    connection.release(true)
  }
}
