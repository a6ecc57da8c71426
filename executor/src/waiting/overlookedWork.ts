import { parseStreamName } from '@sre-portal/contracts'
import type { ExecutorContext } from '../context.ts'
import { GrowingPause } from '../growingPause.ts'
import type { WorkHandler } from '../subscription.ts'
import { forgetWork, noteTrouble, takeOverdue, type Overdue } from './waitingWork.ts'

export interface OverlookedWorkOptions {
  /** How long work waits for the persistent subscription before it is taken without it. */
  afterMs: number
  /** How much this executor can begin now. */
  room: () => number
  /** Keys of what it begins by itself, when it can. */
  except: () => string[]
  handle: WorkHandler
}

const longestLookMs = 5_000

/** Takes work that the persistent subscription has not brought to anybody in time, the same way as work that it brings. */
export class OverlookedWork {
  readonly #context: ExecutorContext
  readonly #options: OverlookedWorkOptions
  readonly #wait: GrowingPause
  #closed = false
  #ended: Promise<void> = Promise.resolve()

  constructor(context: ExecutorContext, options: OverlookedWorkOptions) {
    this.#context = context
    this.#options = options
    this.#wait = new GrowingPause(context.log, 'work that waits could not be looked for')
  }

  start(): void {
    this.#ended = this.#lookRepeatedly()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wait.end()
    await this.#ended
  }

  async #lookRepeatedly(): Promise<void> {
    const { afterMs, room, except } = this.#options
    while (!this.#closed) {
      try {
        const overdue =
          room() > 0 ? await takeOverdue(this.#context, { afterMs, most: room(), except: except() }) : []
        await Promise.all(overdue.map((work) => this.#take(work)))
        this.#wait.wentWell()
        if (overdue.length === 0) await this.#wait.for(Math.min(afterMs / 3, longestLookMs))
      } catch (error) {
        await this.#wait.after(error)
      }
    }
  }

  async #take(work: Overdue): Promise<void> {
    const { key, eventId, stream } = work
    try {
      const event = (await this.#context.store.readStream(stream)).find(({ id }) => id === eventId)
      const id = parseStreamName(stream)?.id
      this.#context.log.warn(work, 'work that nobody had begun is taken without the persistent subscription')
      const worked = event && id !== undefined ? await this.#options.handle(event, id) : 'done'
      if (worked === 'done') await forgetWork(this.#context, key)
    } catch (error) {
      if (this.#closed) return
      this.#context.log.warn({ err: error, ...work }, 'work that waits could not be begun yet')
      await noteTrouble(this.#context, key, error instanceof Error ? error.message : String(error))
    }
  }
}
