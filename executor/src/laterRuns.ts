import type { Approval } from './runs/claim.ts'

/** An approval whose requester has as many runs here as one may have. */
export interface LaterRun {
  requestId: string
  approval: Approval
}

const mostKept = 500

/** What begins here as soon as a run of the same person ends. It is kept for speed: `record.waiting_work` holds it until it is begun. */
export class LaterRuns {
  readonly #byPerson = new Map<string, Map<string, LaterRun>>()

  /** Requests that are kept, of everybody. */
  get requestIds(): string[] {
    return [...this.#byPerson.values()].flatMap((runs) => [...runs.keys()])
  }

  keep(person: string, run: LaterRun): void {
    if (this.requestIds.length >= mostKept) return
    const runs = this.#byPerson.get(person) ?? new Map<string, LaterRun>()
    this.#byPerson.set(person, runs.set(run.requestId, run))
  }

  /** Takes out the one that has waited longest. */
  next(person: string): LaterRun | null {
    const runs = this.#byPerson.get(person)
    const [first] = runs?.values() ?? []
    if (!runs || !first) return null
    runs.delete(first.requestId)
    if (runs.size === 0) this.#byPerson.delete(person)
    return first
  }
}
