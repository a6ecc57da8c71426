import { setTimeout as delay } from 'node:timers/promises'
import { START, streamNameFilter, type RecordedEvent } from '@eventstore/db-client'
import {
  parseStreamName,
  type InstanceEvent,
  type PodEvent,
  type SessionUser,
  type UserEvent,
} from '@sre-portal/contracts'
import { evolveInstance, evolvePod, evolveUser, type Instance, type Pod, type User } from '@sre-portal/domain'
import { decodeEvent, type StoredEvent } from '@sre-portal/platform/eventCodec'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Log } from '@sre-portal/platform/log'
import { endReading } from '@sre-portal/platform/storeReading'

/** Users, pods and instances, kept in memory from their events: for what a person is told at login, and to open the stream `directory`. Never for rights. */
export interface Directory {
  podsOf(userId: string): SessionUser['managedPods']
  administrators(): User[]
  liveInstances(): Instance[]
  /** False until all history is read for the first time; nothing can be said before. */
  isComplete(): boolean
  /** Resolves once all history is read. */
  complete: Promise<void>
  /** What is wrong with the streams that can't be read to their end, by name: of these the last readable state is known. */
  unreadable(): ReadonlyMap<string, string>
  close(): void
}

const firstPauseMs = 100
const longestPauseMs = 5_000
/** How long it must have gone well for the next pause to be short again. */
const steadyMs = 10_000

/** Follows the streams of users, pods and instances, and keeps trying while the event store is away. */
export function followDirectory(store: EventStore, log: Log): Directory {
  const users = new Map<string, User>()
  const pods = new Map<string, Pod>()
  const instances = new Map<string, Instance>()
  const unreadable = new Map<string, string>()
  const closing = new AbortController()
  let position: bigint | null = null
  let isComplete = false
  let tellComplete = () => {}
  const complete = new Promise<void>((resolve) => (tellComplete = resolve))

  const apply = (event: StoredEvent) => {
    const parsed = parseStreamName(event.stream)
    if (parsed?.category === 'user') {
      const next = evolveUser(users.get(parsed.id) ?? null, event as StoredEvent<UserEvent>)
      if (next) users.set(parsed.id, next)
    } else if (parsed?.category === 'pod') {
      const next = evolvePod(pods.get(parsed.id) ?? null, event as StoredEvent<PodEvent>)
      if (next) pods.set(parsed.id, next)
    } else if (parsed?.category === 'instance') {
      const next = evolveInstance(
        instances.get(parsed.id) ?? null,
        event as StoredEvent<InstanceEvent>,
        event.revision,
      )
      if (next) instances.set(parsed.id, next)
    }
  }

  const take = (recorded: RecordedEvent) => {
    if (unreadable.has(recorded.streamId)) return
    try {
      const event = decodeEvent(recorded)
      if (event) apply(event)
    } catch (error) {
      // One event must not keep the others' pods and instances away; who asks for this one is answered 503.
      unreadable.set(recorded.streamId, (error as Error).message)
      log.error({ err: error, stream: recorded.streamId }, 'a stream of the directory cannot be read')
    }
  }

  const follow = async () => {
    const subscription = store.client.subscribeToAll({
      fromPosition: position === null ? START : { commit: position, prepare: position },
      filter: streamNameFilter({ prefixes: ['user-', 'pod-', 'instance-'] }),
    })
    // Told again and again: what was read before is complete each time.
    subscription.on('caughtUp', () => {
      isComplete = true
      tellComplete()
    })
    const end = () => endReading(subscription)
    closing.signal.addEventListener('abort', end, { once: true })
    try {
      for await (const { event } of subscription) {
        if (closing.signal.aborted) return
        if (!event) continue
        take(event)
        position = event.position?.commit ?? position
      }
    } finally {
      closing.signal.removeEventListener('abort', end)
      end()
    }
  }

  void (async () => {
    for (let pauseMs = firstPauseMs; !closing.signal.aborted;) {
      const startedAt = performance.now()
      try {
        await follow()
      } catch (error) {
        if (!closing.signal.aborted)
          log.warn(
            { reason: (error as Error).message },
            'the directory lost the event store; following again',
          )
      }
      if (performance.now() - startedAt > steadyMs) pauseMs = firstPauseMs
      await delay(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  })()

  return {
    podsOf: (userId) => [...pods.values()].flatMap((pod) => chargeOf(pod, userId)),
    administrators: () => [...users.values()].filter(({ active, role }) => active && role === 'ADMIN'),
    liveInstances: () => [...instances.values()].filter(({ retired }) => !retired),
    isComplete: () => isComplete,
    complete,
    unreadable: () => unreadable,
    close: () => closing.abort(),
  }
}

function chargeOf({ id, name, managerId, deputyIds }: Pod, userId: string): SessionUser['managedPods'] {
  if (managerId === userId) return [{ id, name, as: 'manager' }]
  return deputyIds.includes(userId) ? [{ id, name, as: 'deputy' }] : []
}
