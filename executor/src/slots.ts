/** Bounds how many runs are under way at once. */
export class Slots {
  readonly #size: number
  #taken = 0
  readonly #waiting: (() => void)[] = []
  readonly #whenIdle: (() => void)[] = []

  constructor(size: number) {
    this.#size = size
  }

  get taken(): number {
    return this.#taken
  }

  get free(): number {
    return this.#size - this.#taken
  }

  /** Resolves when there is room; answers how to give it back. */
  async take(): Promise<() => void> {
    if (this.#taken >= this.#size) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#taken += 1
    let given = false
    return () => {
      if (given) return
      given = true
      this.#giveBack()
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #giveBack(): void {
    const next = this.#waiting.shift()
    if (next) {
      next()
      return
    }
    this.#taken -= 1
    if (this.#taken === 0) for (const wake of this.#whenIdle.splice(0)) wake()
  }
}
