import { setTimeout as delay } from 'node:timers/promises'
import {
  AccessDeniedError,
  PARK,
  PersistentSubscriptionExistsError,
  RETRY,
  type PersistentSubscriptionToAll,
} from '@eventstore/db-client'
import { parseStreamName } from '@sre-portal/contracts'
import { createExecutorGroup, executorGroup } from '@sre-portal/platform/executorGroup'
import { decodeEvent, UnreadableEvent, type StoredEvent } from '@sre-portal/platform/eventCodec'
import type { ExecutorContext } from './context.ts'

/** Takes one event to work on; resolves when it may be acknowledged. */
export type WorkHandler = (event: StoredEvent, id: string) => Promise<void>

// Few unclaimed events are held, so that an executor that is busy leaves them to the others.
const bufferSize = 4
const firstPauseMs = 100
const longestPauseMs = 5000

/** The work that all executors share: one persistent subscription on all approvals and connection tests. */
export class WorkSubscription {
  readonly #context: ExecutorContext
  readonly #handle: WorkHandler
  #subscription: PersistentSubscriptionToAll | null = null
  #closed = false
  #connected = false
  #ended: Promise<void> = Promise.resolve()

  constructor(context: ExecutorContext, handle: WorkHandler) {
    this.#context = context
    this.#handle = handle
  }

  get isConnected(): boolean {
    return this.#connected
  }

  start(): void {
    this.#ended = this.#follow()
  }

  /** Takes nothing more; what was taken and not acknowledged goes to other executors. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#subscription?.unsubscribe().catch(() => undefined)
    await this.#ended
  }

  async #follow(): Promise<void> {
    for (let pauseMs = firstPauseMs; !this.#closed; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await this.#ensureGroup()
        await this.#consume(() => {
          pauseMs = firstPauseMs
        })
      } catch (error) {
        if (!this.#closed)
          this.#context.log.warn({ err: error }, 'the subscription was interrupted and starts again')
      }
      this.#connected = false
      if (!this.#closed) await delay(pauseMs)
    }
  }

  async #ensureGroup(): Promise<void> {
    try {
      await createExecutorGroup(this.#context.store.client)
    } catch (error) {
      // Who may not make groups may still join one that an administrator has made.
      if (error instanceof AccessDeniedError)
        this.#context.log.debug({ err: error }, 'the group of executors may not be made here; joining it')
      else if (!(error instanceof PersistentSubscriptionExistsError)) throw error
    }
  }

  async #consume(onConnected: () => void): Promise<void> {
    const subscription = this.#context.store.client.subscribeToPersistentSubscriptionToAll(executorGroup, {
      bufferSize,
    })
    this.#subscription = subscription
    subscription.once('confirmation', () => {
      this.#connected = true
      onConnected()
    })
    for await (const resolved of subscription) {
      if (this.#closed) return
      void this.#take(subscription, resolved)
    }
  }

  async #take(
    subscription: PersistentSubscriptionToAll,
    resolved: Parameters<PersistentSubscriptionToAll['ack']>[0],
  ): Promise<void> {
    try {
      const decoded = resolved.event ? decodeEvent(resolved.event) : null
      const stream = decoded && parseStreamName(decoded.stream)
      if (decoded && stream) await this.#handle(decoded, stream.id)
      await subscription.ack(resolved)
    } catch (error) {
      if (this.#closed) return
      this.#context.log.warn({ err: error }, 'an event could not be worked on yet')
      await delay(error instanceof UnreadableEvent ? 0 : 500)
      const action = error instanceof UnreadableEvent ? PARK : RETRY
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'failed'
      await subscription.nack(action, reason, resolved).catch(() => undefined)
    }
  }
}
