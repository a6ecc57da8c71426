interface Waiting {
  proceed: () => void
  giveUp: (error: unknown) => void
}

/** Lets so many pieces of work run at once; the others wait, first come, first served, for as long as it takes. */
export class Turns {
  private free: number
  private waiting: Waiting[] = []

  constructor(atOnce: number) {
    this.free = atOnce
  }

  get isCrowded(): boolean {
    return this.waiting.length > 0
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--
    else
      await new Promise<void>((proceed, giveUp) => {
        this.waiting.push({ proceed, giveUp })
      })
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next) next.proceed()
      else this.free++
    }
  }

  /** Those who wait now are told that their turn would fail too. */
  abandon(error: unknown): void {
    for (const { giveUp } of this.waiting.splice(0)) giveUp(error)
  }
}
