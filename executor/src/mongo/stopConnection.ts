import type { MongoConnection } from './connection.ts'

const graceMs = 1500

/** When the run is stopped: ends the operation on the server, and drops the connection when that doesn't help. Answers how to let go. */
export function stopConnectionOn(
  signal: AbortSignal,
  connection: MongoConnection,
  connectTimeoutMs: number,
): () => void {
  let drop: NodeJS.Timeout | undefined
  const stop = () => {
    drop = setTimeout(() => void connection.close(), graceMs)
    void connection.cancel(connectTimeoutMs)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => {
    clearTimeout(drop)
    signal.removeEventListener('abort', stop)
  }
}
