import {
  AccessDeniedError,
  PARK,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionExistsError,
  RETRY,
  type PersistentSubscriptionToAll,
} from '@eventstore/db-client'
import { parseStreamName } from '@sre-portal/contracts'
import { createExecutorGroup, executorGroup, parkedWork } from '@sre-portal/platform/executorGroup'
import { decodeEvent, UnreadableEvent, type StoredEvent } from '@sre-portal/platform/eventCodec'
import { within } from '@sre-portal/platform/within'
import type { ExecutorContext } from './context.ts'
import { GrowingPause } from './growingPause.ts'

/** `later`: it waits in `record.waiting_work` until somebody can begin it. */
export type Worked = 'done' | 'later'

/** Takes one event to work on; resolves when it may be acknowledged. */
export type WorkHandler = (event: StoredEvent, id: string) => Promise<Worked>

// Few unclaimed events are held, so that an executor that is busy leaves them to the others.
const bufferSize = 4
const infoMs = 1_000
const againMs = 100

/** The work that all executors share: one persistent subscription on all approvals and connection tests. */
export class WorkSubscription {
  readonly #context: ExecutorContext
  readonly #handle: WorkHandler
  #subscription: PersistentSubscriptionToAll | null = null
  #closed = false
  #connected = false
  #mayMakeGroup = true
  #trouble: string | null = null
  readonly #followPause: GrowingPause
  readonly #workPause: GrowingPause
  #ended: Promise<void> = Promise.resolve()

  constructor(context: ExecutorContext, handle: WorkHandler) {
    this.#context = context
    this.#handle = handle
    this.#followPause = new GrowingPause(context.log, 'the subscription was interrupted and starts again')
    this.#workPause = new GrowingPause(context.log, 'an event could not be worked on yet')
  }

  /** null while events are delivered, else why not. */
  get trouble(): string | null {
    if (this.#connected) return null
    return `not subscribed to approvals${this.#trouble === null ? '' : `: ${this.#trouble}`}`
  }

  /** Approvals and connection tests that were put aside in the group; null when the event store doesn't say. */
  async parked(): Promise<number | null> {
    try {
      return await within(infoMs, parkedWork(this.#context.store.client), () => null)
    } catch {
      return null
    }
  }

  start(): void {
    this.#ended = this.#follow()
  }

  /** Takes nothing more; what was taken and not acknowledged goes to other executors. */
  async close(): Promise<void> {
    this.#closed = true
    this.#followPause.end()
    this.#workPause.end()
    await this.#subscription?.unsubscribe().catch(() => undefined)
    await this.#ended
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#ensureGroup()
        await this.#consume()
        this.#connected = false
        await this.#followPause.for(againMs)
      } catch (error) {
        this.#connected = false
        if (this.#closed) return
        this.#trouble = this.#inWords(error)
        await this.#followPause.after(error)
      }
    }
  }

  #inWords(error: unknown): string {
    const isMissing = error instanceof PersistentSubscriptionDoesNotExistError
    if (isMissing && !this.#mayMakeGroup)
      return `there is no group "${executorGroup}", and the user of EVENTSTORE_URL may not make it (needs membership of $ops)`
    return error instanceof Error ? error.message : String(error)
  }

  async #ensureGroup(): Promise<void> {
    try {
      await createExecutorGroup(this.#context.store.client)
    } catch (error) {
      // Who may not make groups can join one that an administrator has made.
      this.#mayMakeGroup = !(error instanceof AccessDeniedError)
      if (this.#mayMakeGroup && !(error instanceof PersistentSubscriptionExistsError)) throw error
    }
  }

  async #consume(): Promise<void> {
    // It may have been closed while the group was asked for; nobody would end a subscription that begins now.
    if (this.#closed) return
    const subscription = this.#context.store.client.subscribeToPersistentSubscriptionToAll(executorGroup, {
      bufferSize,
    })
    this.#subscription = subscription
    subscription.once('confirmation', () => {
      this.#connected = true
      this.#trouble = null
      this.#followPause.wentWell()
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
      this.#workPause.wentWell()
      await subscription.ack(resolved)
    } catch (error) {
      if (this.#closed) return
      const isUnreadable = error instanceof UnreadableEvent
      if (isUnreadable) this.#context.log.error({ err: error }, 'an event is parked: it can not be read')
      else await this.#workPause.after(error)
      const action = isUnreadable ? PARK : RETRY
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'failed'
      await subscription.nack(action, reason, resolved).catch(() => undefined)
    }
  }
}
