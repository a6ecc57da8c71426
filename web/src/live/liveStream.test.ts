import type { LiveMessage } from '@sre-portal/contracts'
import { afterEach, expect, it, vi } from 'vitest'
import { backoffMs, startLiveStream, type Connection } from './liveStream.ts'

const message = (position: string): LiveMessage => ({ kind: 'audit', position })
const event = (position: string) => `id: ${position}\ndata: ${JSON.stringify(message(position))}\n\n`

/** A stream whose end the test decides. */
function openStream() {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
  const send = (text: string) => controller.enqueue(new TextEncoder().encode(text))
  return {
    answer: new Response(body),
    send,
    fail: () => controller.error(new Error('reset by peer')),
    close: () => controller.close(),
  }
}

let stop = () => {}
afterEach(() => stop())

function listening(answers: (() => Promise<Response>)[]) {
  const asked: Record<string, string>[] = []
  const seen: string[] = []
  const states: Connection['state'][] = []
  const waits: number[] = []
  let clock = 0
  const stream = startLiveStream({
    open: (headers) => {
      asked.push(headers)
      return answers.shift()?.() ?? new Promise(() => {})
    },
    onMessage: (each) => seen.push(each.position),
    onConnection: (connection) => states.push(connection.state),
    now: () => (clock += 1),
    wait: (ms) => {
      waits.push(ms)
      return Promise.resolve()
    },
  })
  stop = stream.stop
  return { asked, seen, states, waits }
}

it('goes on from the last event that it has seen after the connection broke', async () => {
  const first = openStream()
  const second = openStream()
  const { asked, seen, states } = listening([
    () => Promise.resolve(first.answer),
    () => Promise.resolve(second.answer),
  ])
  await vi.waitFor(() => expect(states).toEqual(['connecting', 'live']))
  first.send(event('7') + ': heartbeat\n\n' + event('9'))
  await vi.waitFor(() => expect(seen).toEqual(['7', '9']))
  first.fail()
  await vi.waitFor(() => expect(states).toEqual(['connecting', 'live', 'reconnecting', 'live']))
  second.send(event('12'))
  await vi.waitFor(() => expect(seen).toEqual(['7', '9', '12']))

  expect(asked).toEqual([
    { Accept: 'text/event-stream' },
    { Accept: 'text/event-stream', 'Last-Event-ID': '9' },
  ])
})

it('waits longer after each refusal, says that it is offline, and comes back', async () => {
  const refused = () => Promise.reject(new Error('connection refused'))
  const back = openStream()
  const { states, waits } = listening([
    refused,
    refused,
    refused,
    refused,
    () => Promise.resolve(back.answer),
  ])
  await vi.waitFor(() => expect(states.at(-1)).toBe('live'))
  expect(waits).toEqual([500, 1000, 2000, 4000])
  expect(states).toEqual(['connecting', 'reconnecting', 'reconnecting', 'offline', 'offline', 'live'])
})

it('ignores what it does not understand and goes on', async () => {
  const only = openStream()
  const { seen } = listening([() => Promise.resolve(only.answer)])
  only.send('data: not json\n\ndata: {"kind":"weather","position":"1"}\n\n' + event('2'))
  await vi.waitFor(() => expect(seen).toEqual(['2']))
})

it('never waits longer than a quarter of a minute', () => {
  expect([1, 2, 5, 6, 50].map(backoffMs)).toEqual([500, 1000, 8000, 15_000, 15_000])
})
