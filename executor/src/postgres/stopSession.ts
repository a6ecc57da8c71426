import type { PostgresSession } from './session.ts'

const graceMs = 1500

/** When the run is stopped: cancels on the server, and drops the connection when that doesn't help. Answers how to let go. */
export function stopSessionOn(signal: AbortSignal, session: PostgresSession): () => void {
  let drop: NodeJS.Timeout | undefined
  const stop = () => {
    drop = setTimeout(() => session.destroy(), graceMs)
    void session.cancel()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => {
    clearTimeout(drop)
    signal.removeEventListener('abort', stop)
  }
}
