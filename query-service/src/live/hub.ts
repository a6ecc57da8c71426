import type { LiveMessage } from '@sre-portal/contracts'
import type { Log } from '@sre-portal/platform/log'
import type { Projected } from '../projected.ts'
import { loadReaders, type Reader } from '../reader.ts'
import type { ReadModel } from '../readModel.ts'
import { changesAfter, condensed, messagesFor, type Change } from './messages.ts'

/** One open stream. `position` is up to where its person has been told; it is moved here. */
export interface Listener {
  userId: string
  position: bigint
  /** Messages of one moment; the last one's position covers all before it. */
  send(messages: LiveMessage[]): void
  end(): void
}

export interface Hub {
  /** Tells what happened after the listener's position, then goes on with what happens. Answers how to leave. */
  join(listener: Listener): () => void
  close(): Promise<void>
}

export interface HubOptions {
  readModel: ReadModel
  projected: Projected
  log: Log
  /** Further behind than this many events, a client is told to fetch everything anew. */
  replayLimit: number
}

const pageSize = 500

/** Tells the open streams what changed, each person what they may read as they are at that moment. */
export function openHub(options: HubOptions): Hub {
  const { readModel, projected, log } = options
  const listeners = new Set<Listener>()
  let running: Promise<void> | null = null
  let again = false
  let closed = false

  // One pass at a time; a change during a pass asks for another one.
  const wake = () => {
    again = true
    running ??= run().finally(() => {
      running = null
    })
  }
  const run = async () => {
    while (again) {
      again = false
      await tellAll().catch((error: unknown) => log.warn({ err: error }, 'open streams could not be told'))
    }
  }
  const tellAll = async () => {
    if (listeners.size === 0) return
    const present = await readModel.position()
    await resetThoseFarBehind(options, listeners, present)
    for (;;) {
      const behind = [...listeners].filter(({ position }) => position < present)
      if (behind.length === 0) return
      const from = behind.reduce((least, { position }) => (position < least ? position : least), present)
      const changes = await changesAfter(readModel, from, pageSize)
      const readers = await loadReaders(readModel, [...new Set(behind.map(({ userId }) => userId))])
      const reached = changes.length < pageSize ? present : BigInt(changes.at(-1)?.position ?? present)
      for (const listener of behind) tell(listener, readers.get(listener.userId), changes, reached)
    }
  }

  // What was read is no event: it is told at the place where the stream is, so that it resumes as before.
  const tellOfReading = (userId: string) => {
    for (const listener of listeners)
      if (listener.userId === userId)
        listener.send([{ kind: 'notification', position: String(listener.position) }])
  }

  const stopListening = [projected.onChange(wake), projected.onRead(tellOfReading)]
  return {
    join(listener) {
      // It may have been asked who is there while the service was told to stop.
      if (closed) listener.end()
      else listeners.add(listener)
      wake()
      return () => void listeners.delete(listener)
    },
    async close() {
      closed = true
      for (const stop of stopListening) stop()
      for (const listener of listeners) listener.end()
      listeners.clear()
      await running
    },
  }
}

function tell(listener: Listener, reader: Reader | undefined, changes: Change[], reached: bigint): void {
  if (!reader?.active) return listener.end()
  const told = changes.filter(({ position }) => BigInt(position) > listener.position)
  const messages = condensed(told.flatMap((change) => messagesFor(reader, change)))
  if (reached > listener.position) listener.position = reached
  const last = told.at(-1)
  if (last && BigInt(last.position) > listener.position) listener.position = BigInt(last.position)
  if (messages.length > 0) listener.send(messages)
}

async function resetThoseFarBehind(
  { readModel, replayLimit }: HubOptions,
  listeners: ReadonlySet<Listener>,
  present: bigint,
): Promise<void> {
  const oldest = await oldestReplayed(readModel, replayLimit)
  for (const listener of listeners) {
    if (listener.position >= oldest && listener.position <= present) continue
    listener.position = present
    listener.send([{ kind: 'reset', position: String(present) }])
  }
}

/** Everything after this position can be told event by event. */
async function oldestReplayed(readModel: ReadModel, replayLimit: number): Promise<bigint> {
  const [row] = await readModel.query<{ position: string }>(
    'select position from read.audit order by position desc offset $1 limit 1',
    [replayLimit],
  )
  return BigInt(row?.position ?? 0)
}
