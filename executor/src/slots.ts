/** Bounds how many runs are under way at once, and how many of them are one person's: one place is always left for the others. */
export class Slots {
  readonly #size: number
  readonly #share: number
  #taken = 0
  readonly #held = new Map<string, number>()
  readonly #waiting: (() => void)[] = []
  readonly #whenIdle: (() => void)[] = []

  constructor(size: number) {
    this.#size = size
    this.#share = Math.max(1, size - 1)
  }

  get taken(): number {
    return this.#taken
  }

  get free(): number {
    return this.#size - this.#taken
  }

  /** Resolves when there is room, with how to give it back; null, at once, where this person holds or awaits as much as one may. */
  take(person: string): Promise<() => void> | null {
    const held = this.#held.get(person) ?? 0
    if (held >= this.#share) return null
    this.#held.set(person, held + 1)
    return this.#enter(person)
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  async #enter(person: string): Promise<() => void> {
    if (this.#taken >= this.#size) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#taken += 1
    let given = false
    return () => {
      if (given) return
      given = true
      this.#giveBack(person)
    }
  }

  #giveBack(person: string): void {
    const held = (this.#held.get(person) ?? 1) - 1
    if (held > 0) this.#held.set(person, held)
    else this.#held.delete(person)
    const next = this.#waiting.shift()
    if (next) {
      next()
      return
    }
    this.#taken -= 1
    if (this.#taken === 0) for (const wake of this.#whenIdle.splice(0)) wake()
  }
}
