import { expect, vi } from 'vitest'
import { liveMessageSchema, type LiveMessage } from '@sre-portal/contracts'

/** An open stream of server-sent events, read as a browser reads it. */
export async function openEventStream(url: string, token: string, lastEventId?: string) {
  const abort = new AbortController()
  const response = await fetch(`${url}/api/stream`, {
    signal: abort.signal,
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  })
  const messages: LiveMessage[] = []
  let [comments, ended, unread, lastId] = [0, false, '', '']
  const read = async () => {
    if (!response.body || response.status !== 200) return
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = `${unread}${chunk}`.split('\n\n')
      unread = blocks.pop() ?? ''
      for (const block of blocks)
        for (const line of block.split('\n')) {
          if (line.startsWith(':')) comments++
          if (line.startsWith('id: ')) lastId = line.slice(4)
          if (line.startsWith('data: ')) messages.push(liveMessageSchema.parse(JSON.parse(line.slice(6))))
        }
    }
  }
  const reading = read()
    .catch(() => undefined)
    .finally(() => (ended = true))
  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 10 })
  return {
    status: response.status,
    headers: response.headers,
    messages,
    lastId: () => lastId,
    comments: () => comments,
    /** Waits until something of this position or a later one was told. */
    told: (position: bigint) =>
      eventually(() => expect(messages.some((message) => BigInt(message.position) >= position)).toBe(true)),
    eventually,
    ends: () => eventually(() => expect(ended).toBe(true)),
    async close() {
      abort.abort()
      await reading
    },
  }
}
