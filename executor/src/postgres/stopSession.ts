import { setTimeout as delay } from 'node:timers/promises'
import type { RunOutcome } from '../runControl.ts'
import { PostgresSession, type Backend } from './session.ts'

const graceMs = 1500
const patienceMs = 10_000
const askEveryMs = 200

/** How a run's session is stopped, when it is. */
export interface Stopping {
  /** To be called when nothing runs any more: lets go of the signal, and says what the stop itself adds to the outcome. */
  settle(outcome: RunOutcome): Promise<RunOutcome>
}

type HowStopped = 'by itself' | 'terminated' | 'not seen'

/**
 * When the run is stopped: cancels on the server. What catches the cancellation and goes on (`exception when query_canceled`) keeps its
 * locks, so its process is ended from a second session and watched until it is gone; only then is the connection dropped.
 */
export function stopSessionOn(signal: AbortSignal, session: PostgresSession): Stopping {
  let release: () => void = () => undefined
  const ended = new Promise<'ended'>((resolve) => {
    release = () => resolve('ended')
  })
  let stopping: Promise<HowStopped> = Promise.resolve('by itself')
  const stop = () => {
    stopping = endOnServer(session, ended)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return {
    settle: async (outcome) => {
      release()
      signal.removeEventListener('abort', stop)
      return withStop(outcome, await stopping, session.backend)
    },
  }
}

function withStop(outcome: RunOutcome, how: HowStopped, backend: Backend | null): RunOutcome {
  if (how === 'by itself' || outcome.fate !== 'failed') return outcome
  if (how === 'terminated') {
    const detail =
      'The server went on when it was asked to cancel, so the session was terminated (pg_terminate_backend) and seen to be gone.'
    return { ...outcome, error: { ...outcome.error, detail } }
  }
  const process = backend ? ` (process ${backend.pid})` : ''
  const reason = `${outcome.error.message} It may still be running at the target${process}: the server did not stop it, and its end could not be seen.`
  return { fate: 'unknown', reason, transactionId: null }
}

async function endOnServer(session: PostgresSession, ended: Promise<'ended'>): Promise<HowStopped> {
  void session.cancel()
  if ((await Promise.race([ended, delay(graceMs)])) === 'ended') return 'by itself'
  const { backend } = session
  const gone = backend !== null && (await terminate(session, backend))
  session.destroy()
  return gone ? 'terminated' : 'not seen'
}

/** Ends a process from a second session; true once it is seen to be gone. */
async function terminate(session: PostgresSession, backend: Backend): Promise<boolean> {
  const until = Date.now() + patienceMs
  for (;;) {
    const gone = await isGone(session, backend, until)
    if (gone || Date.now() >= until) return gone
    await delay(askEveryMs)
  }
}

async function isGone(
  { target, bounds }: PostgresSession,
  { pid, startedAt }: Backend,
  until: number,
): Promise<boolean> {
  let second: PostgresSession
  try {
    second = await PostgresSession.open(target, bounds, 'sre-portal stop')
  } catch {
    return false
  }
  const tooLate = setTimeout(() => second.destroy(), Math.max(0, until - Date.now()))
  try {
    for (;;) {
      const rows = await second.command(endQuery, [pid, startedAt])
      if (rows.length === 0) return true
      if (Date.now() >= until) return false
      await delay(askEveryMs)
    }
  } catch {
    return false
  } finally {
    clearTimeout(tooLate)
    await second.close()
  }
}

const endQuery = `
  select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
  where a.pid operator(pg_catalog.=) $1::pg_catalog.int4
    and a.backend_start operator(pg_catalog.=) $2::pg_catalog.timestamptz`
