import { readFileSync } from 'node:fs'

const everyMs = 50

/** How much the memory of a process grows, in bytes, as Linux tells it. */
export class MemoryWatch {
  readonly #pid: number
  readonly #before: number
  #most = 0
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    this.#pid = pid
    this.#before = this.#now()
    this.#timer = setInterval(() => (this.#most = Math.max(this.#most, this.#now())), everyMs).unref()
  }

  stop(): number {
    clearInterval(this.#timer)
    return Math.max(0, this.#most - this.#before)
  }

  #now(): number {
    try {
      const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
    } catch {
      // It has ended; the watch on whether it lives tells that.
      return 0
    }
  }
}

/** The longest time that a service took to say that it lives, in milliseconds. */
export class LivenessWatch {
  #longest = 0
  #isStopped = false
  readonly #watching: Promise<void>

  constructor(url: string) {
    this.#watching = this.#watch(`${url}/livez`)
  }

  /** In milliseconds, so far. */
  get longest(): number {
    return this.#longest
  }

  forget(): void {
    this.#longest = 0
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#watching
  }

  async #watch(url: string): Promise<void> {
    while (!this.#isStopped) {
      const began = performance.now()
      // A service that doesn't answer at all takes for ever.
      const answered = await fetch(url).then(
        async (response) => (await response.text(), response.ok),
        () => false,
      )
      if (!answered) this.#longest = Infinity
      this.#longest = Math.max(this.#longest, performance.now() - began)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }
}
