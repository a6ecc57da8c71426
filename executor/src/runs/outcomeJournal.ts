import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { NewEvent } from '@sre-portal/platform/eventStore'
import type { RunIdentity } from './runStream.ts'

/** The last events of a run that the event store has not taken yet, in the batches in which they are appended. */
export interface PendingOutcome {
  run: RunIdentity
  batches: NewEvent[][]
}

/** Keeps outcomes on this machine's disk, one file each, until the event store has them. */
export class OutcomeJournal {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Returns when the outcome is on disk. */
  async keep(outcome: PendingOutcome): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
    const path = this.#pathOf(outcome.run.executionId)
    const file = await open(`${path}.new`, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(outcome))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
    await this.#syncDirectory()
  }

  async forget(executionId: string): Promise<void> {
    await rm(this.#pathOf(executionId), { force: true })
  }

  /** Everything that is still kept. */
  async pending(): Promise<PendingOutcome[]> {
    const names = await readdir(this.#directory).catch(() => [])
    const kept = names.filter((name) => name.endsWith('.json'))
    return Promise.all(
      kept.map(
        async (name) => JSON.parse(await readFile(join(this.#directory, name), 'utf8')) as PendingOutcome,
      ),
    )
  }

  #pathOf(executionId: string): string {
    return join(this.#directory, `${executionId}.json`)
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }
}
