import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '@sre-portal/platform/log'
import type { Connection, Pool } from '@sre-portal/platform/postgres'
import type { ReadModel } from './readModel.ts'

/** Tells when the projector has written, and who has read notifications. */
export interface Projected {
  /** Calls back after each transaction of the projector, and after a lost connection was remade. Answers how to stop. */
  onChange(listener: () => void): () => void
  /** Calls back with the id of a user who has read notifications. Answers how to stop. */
  onRead(listener: (userId: string) => void): () => void
  /** Waits until the read models have reached the position, at most `ms`. */
  waitFor(position: bigint, ms: number): Promise<boolean>
  close(): Promise<void>
}

const pauseMs = 500
const probeMs = 15_000

/** Listens on one connection of its own, for as long as the service runs. */
export function listenForProjected(pool: Pool, readModel: ReadModel, log: Log): Projected {
  const changed = subscribers<[]>()
  const read = subscribers<[userId: string]>()
  const closing = new AbortController()
  const listening = keepListening(
    pool,
    { projected: changed.tell, notifications_read: read.tell },
    closing.signal,
    log,
  )
  const onChange = changed.add
  return {
    onChange,
    onRead: read.add,
    async waitFor(position, ms) {
      const deadline = performance.now() + ms
      for (;;) {
        const change = nextChange(onChange)
        const left = deadline - performance.now()
        const reached = (await readModel.position()) >= position
        if (!reached && left > 0) await Promise.race([change.happened, wait(left)])
        change.forget()
        if (reached || left <= 0) return reached
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

function subscribers<Told extends unknown[]>() {
  const listeners = new Set<(...told: Told) => void>()
  return {
    tell: (...told: Told) => listeners.forEach((listener) => listener(...told)),
    add: (listener: (...told: Told) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** What is told on each channel of PostgreSQL; the payload is its argument. */
interface Channels {
  projected: () => void
  notifications_read: (userId: string) => void
}

async function keepListening(pool: Pool, tell: Channels, signal: AbortSignal, log: Log): Promise<void> {
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

async function listenUntilLost(connection: Connection, tell: Channels, signal: AbortSignal): Promise<void> {
  let fail = (_: Error) => {}
  const lost = new Promise<never>((_, reject) => (fail = reject))
  lost.catch(() => undefined)
  const stopped = new Promise<void>((resolve) => {
    // The service may have been asked to stop while the connection was made.
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const onNotification = ({ channel, payload = '' }: { channel: string; payload?: string | undefined }) =>
    channel === 'notifications_read' ? tell.notifications_read(payload) : tell.projected()
  connection.on('notification', onNotification)
  connection.on('error', fail)
  // A connection that died without a word is found out by asking.
  const probe = setInterval(() => void connection.query('select 1').catch(fail), probeMs)
  try {
    const listening = connection.query('listen projected; listen notifications_read')
    listening.catch(fail)
    await Promise.race([listening, stopped])
    tell.projected()
    await Promise.race([lost, stopped])
  } finally {
    clearInterval(probe)
    connection.removeListener('notification', onNotification)
    connection.release(true)
  }
}
