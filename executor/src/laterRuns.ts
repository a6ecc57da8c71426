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

  /**
   * Begins the one that has waited longest. Where that fails, nothing of this person is kept here any longer: nobody may ever end a run of theirs
   * again, and what is not kept is found as overlooked work.
   */
  async beginNext(person: string, begin: (run: LaterRun) => Promise<unknown>): Promise<void> {
    const runs = this.#byPerson.get(person)
    const [first] = runs?.values() ?? []
    if (!runs || !first) return
    runs.delete(first.requestId)
    if (runs.size === 0) this.#byPerson.delete(person)
    try {
      await begin(first)
    } catch (error) {
      this.#byPerson.delete(person)
      throw error
    }
  }
}
