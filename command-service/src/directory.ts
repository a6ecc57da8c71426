import { setTimeout as delay } from 'node:timers/promises'
import { START, streamNameFilter } from '@eventstore/db-client'
import { parseStreamName, type InstanceEvent, type PodEvent, type SessionUser } from '@sre-portal/contracts'
import { evolveInstance, evolvePod, type Instance, type Pod } from '@sre-portal/domain'
import { decodeEvent, type StoredEvent } from '@sre-portal/platform/eventCodec'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Log } from '@sre-portal/platform/log'

/** Pods and instances, kept in memory from their events: for names that must differ and for what a person is told at login. Never for rights. */
export interface Directory {
  podsOf(userId: string): SessionUser['managedPods']
  instanceNamed(name: string): Instance | null
  close(): Promise<void>
}

/** Follows the streams of pods and instances; answers once all history is read. */
export async function followDirectory(store: EventStore, log: Log): Promise<Directory> {
  const pods = new Map<string, Pod>()
  const instances = new Map<string, Instance>()
  let position: bigint | null = null
  let closed = false
  let active: { unsubscribe(): Promise<void> } | null = null

  const apply = (event: StoredEvent) => {
    const parsed = parseStreamName(event.stream)
    if (parsed?.category === 'pod') {
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

  const follow = async (onCaughtUp: () => void) => {
    const subscription = store.client.subscribeToAll({
      fromPosition: position === null ? START : { commit: position, prepare: position },
      filter: streamNameFilter({ prefixes: ['pod-', 'instance-'] }),
    })
    active = subscription
    subscription.on('caughtUp', onCaughtUp)
    for await (const { event } of subscription) {
      const decoded = event && decodeEvent(event)
      if (!decoded) continue
      apply(decoded)
      position = decoded.position
    }
  }

  await new Promise<void>((caughtUp) => {
    void (async () => {
      for (let waitMs = 100; !closed; waitMs = Math.min(waitMs * 2, 5_000)) {
        try {
          await follow(() => {
            waitMs = 100
            caughtUp()
          })
        } catch (error) {
          if (!closed) log.warn({ err: error }, 'the directory lost the event store; following again')
        }
        active = null
        if (!closed) await delay(waitMs)
      }
    })()
  })

  return {
    podsOf: (userId) => [...pods.values()].flatMap((pod) => chargeOf(pod, userId)),
    instanceNamed: (name) =>
      [...instances.values()].find((one) => !one.retired && one.name.toLowerCase() === name.toLowerCase()) ??
      null,
    close: async () => {
      closed = true
      await active?.unsubscribe()
    },
  }
}

function chargeOf({ id, name, managerId, deputyIds }: Pod, userId: string): SessionUser['managedPods'] {
  if (managerId === userId) return [{ id, name, as: 'manager' }]
  return deputyIds.includes(userId) ? [{ id, name, as: 'deputy' }] : []
}
