import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { TestPortal } from '@sre-portal/executor/testing/portal'
import { runningProjector } from '../../projector/test/projectors.ts'
import { checkpointOf } from './checkpoint.ts'
import type { CheckpointSample, MarkedRequest, RequestEvents } from './history.ts'
import { checkpointOnlyGrows, readModelsAreTheFold } from './historyChecks.ts'
import { headOf } from './logHead.ts'
import { compareWithRebuild } from './readModels.ts'

const everyMs = 100

/** A projector that follows a test's portal, and what was seen of it. */
export class ProjectionWatch {
  readonly #portal: TestPortal
  readonly #projector: ReturnType<typeof runningProjector>
  readonly #samples: CheckpointSample[] = []
  readonly #stopping = new AbortController()
  #watching: Promise<void> = Promise.resolve()

  private constructor(portal: TestPortal) {
    this.#portal = portal
    this.#projector = runningProjector(portal.database.urls.projector, portal.eventStoreUrl)
  }

  static start(portal: TestPortal): ProjectionWatch {
    const watch = new ProjectionWatch(portal)
    watch.#watching = watch.#watch()
    return watch
  }

  /** Waits until everything is projected, and checks I6 and I9. */
  async violations(requests: MarkedRequest[]): Promise<string[]> {
    const events = new Map<string, RequestEvents>()
    for (const { requestId } of requests) events.set(requestId, await this.#portal.events(requestId))
    const ends = [...events.values()].map((history) => history.at(-1)?.position ?? 0n)
    const end = ends.reduce((most, position) => (position > most ? position : most), 0n)
    await expect
      .poll(async () => ((await checkpointOf(this.#portal.admin)) ?? 0n) >= end, { timeout: 30_000 })
      .toBe(true)
    const readModels = await compareWithRebuild(this.#portal.admin, {
      ...this.#portal.environment(),
      POSTGRES_URL: this.#portal.database.urls.projector,
    })
    expect(this.#samples.length).toBeGreaterThan(0)
    return [
      ...readModelsAreTheFold({ readModels, events }),
      ...checkpointOnlyGrows({ checkpoints: this.#samples }),
    ]
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#watching
    await this.#projector.stop()
  }

  async #watch(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const position = await checkpointOf(this.#portal.admin)
      const head = await headOf(this.#portal.store)
      if (position !== null) this.#samples.push({ position, head })
      await delay(everyMs)
    }
  }
}
