import { liveMessageSchema, type LiveMessage } from '@sre-portal/contracts'

export type Connection =
  { state: 'connecting' | 'live' } | { state: 'reconnecting' | 'offline'; since: number }

interface Parts {
  /** Opens GET /api/stream; the answer's body is the stream. */
  open(headers: Record<string, string>, signal: AbortSignal): Promise<Response>
  onMessage(message: LiveMessage): void
  onConnection(connection: Connection): void
  now?(): number
  wait?(ms: number, signal: AbortSignal): Promise<void>
}

const firstDelayMs = 500
const longestDelayMs = 15_000
const attemptsUntilOffline = 3
/** The server sends a heartbeat each 15 s; when two have not come, the connection is taken for dead. */
const silenceMs = 31_000
const quickestRenewalMs = 5_000

/** Doubles from half a second to a quarter of a minute. */
export const backoffMs = (attempt: number) =>
  Math.min(longestDelayMs, firstDelayMs * 2 ** Math.max(0, attempt - 1))

/** Reads the live stream until it is stopped; after a break it goes on from the last event that it has seen. */
export function startLiveStream({ open, onMessage, onConnection, now = Date.now, wait = pause }: Parts) {
  const stopped = new AbortController()
  let lastEventId: string | null = null
  let brokenSince: number | null = null
  let retry = new AbortController()
  let current = new AbortController()
  void run()

  return {
    stop: () => stopped.abort(),
    /** Ends the wait before the next attempt, when the browser says that it is online again. */
    retryNow: () => retry.abort(),
    /** Gives the connection up, when the browser says that it is offline. */
    dropNow: () => current.abort(),
  }

  async function run() {
    let attempt = 0
    report(attempt)
    while (!stopped.signal.aborted) {
      const openedAt = now()
      const ending = await readOnce()
      if (stopped.signal.aborted) return
      // The server ends each stream when its token does; that is no fault, and the next one begins at once.
      if (ending === 'closed' && now() - openedAt > quickestRenewalMs) {
        attempt = 0
        continue
      }
      attempt = ending === 'refused' ? attempt + 1 : 1
      brokenSince ??= now()
      report(attempt)
      retry = new AbortController()
      await wait(backoffMs(attempt), AbortSignal.any([stopped.signal, retry.signal]))
    }
  }

  function report(attempt: number) {
    if (brokenSince === null) onConnection({ state: 'connecting' })
    else
      onConnection({
        state: attempt >= attemptsUntilOffline ? 'offline' : 'reconnecting',
        since: brokenSince,
      })
  }

  async function readOnce(): Promise<'refused' | 'broken' | 'closed'> {
    const silent = new AbortController()
    current = silent
    let timer = setTimeout(() => silent.abort(), silenceMs)
    let connected = false
    try {
      // No page needs it to show anything.
      const { createParser } = await import('eventsource-parser')
      const parser = createParser({
        onEvent(event) {
          if (event.id) lastEventId = event.id
          const message = liveMessageSchema.safeParse(parsed(event.data))
          if (message.success) onMessage(message.data)
        },
      })
      const answer = await open(
        { Accept: 'text/event-stream', ...(lastEventId && { 'Last-Event-ID': lastEventId }) },
        AbortSignal.any([stopped.signal, silent.signal]),
      )
      if (!answer.ok || !answer.body) return 'refused'
      connected = true
      brokenSince = null
      onConnection({ state: 'live' })
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        clearTimeout(timer)
        timer = setTimeout(() => silent.abort(), silenceMs)
        parser.feed(chunk.value)
      }
    } catch {
      return connected ? 'broken' : 'refused'
    } finally {
      clearTimeout(timer)
    }
    return 'closed'
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
