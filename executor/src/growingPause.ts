import type { Log } from '@sre-portal/platform/log'

const firstMs = 100
const longestMs = 5_000
const logEveryMs = 60_000

/** Pauses between attempts that grow from 0.1 s to 5 s, and one line in the log a minute however many fail. */
export class GrowingPause {
  readonly #log: Log
  readonly #words: string
  #nextMs = firstMs
  #loggedAt = -Infinity
  #unlogged = 0
  readonly #wakes = new Set<() => void>()
  #ended = false

  constructor(log: Log, words: string) {
    this.#log = log
    this.#words = words
  }

  /** Says what failed, when it is time, and waits. */
  async after(error: unknown): Promise<void> {
    const now = performance.now()
    if (now - this.#loggedAt >= logEveryMs) {
      this.#log.warn({ err: error, unlogged: this.#unlogged }, this.#words)
      this.#loggedAt = now
      this.#unlogged = 0
    } else this.#unlogged += 1
    const pauseMs = this.#nextMs
    this.#nextMs = Math.min(this.#nextMs * 2, longestMs)
    await this.for(pauseMs)
  }

  /** The next failure is waited for briefly again. */
  wentWell(): void {
    this.#nextMs = firstMs
  }

  /** Waits, unless everything ends. */
  async for(ms: number): Promise<void> {
    if (this.#ended) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#wakes.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#wakes.add(wake)
    })
  }

  /** Ends the present pauses and all later ones. */
  end(): void {
    this.#ended = true
    for (const wake of [...this.#wakes]) wake()
  }
}
