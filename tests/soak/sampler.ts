import { setTimeout as delay } from 'node:timers/promises'
import { startMark } from '@sre-portal/infra/processes.ts'
import { checkpointOf } from '../faults/checkpoint.ts'
import type { CheckpointSample } from '../faults/history.ts'
import { headOf } from '../faults/logHead.ts'
import { childrenOf, isAlive, residentMebibytes } from '../faults/processState.ts'
import type { SoakPortal } from './soakPortal.ts'

/** Memory of one process at one time, since its start. */
export interface MemorySample {
  part: string
  pid: number
  atMs: number
  mebibytes: number
}

const everyMs = 100

/** Looks at a portal from outside while it runs. */
export class Sampler {
  readonly checkpoints: CheckpointSample[] = []
  readonly memory: MemorySample[] = []
  readonly #portal: SoakPortal
  readonly #children = new Map<number, string | undefined>()

  constructor(portal: SoakPortal) {
    this.#portal = portal
  }

  async run(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    while (!signal.aborted) {
      const position = await checkpointOf(this.#portal.admin)
      const head = await headOf(this.#portal.store)
      if (position !== null) this.checkpoints.push({ position, head })
      for (const { pid, name } of this.#portal.parts) {
        if (pid === null) continue
        const atMs = Math.round(performance.now() - startedAt)
        this.memory.push({ part: name, pid, atMs, mebibytes: residentMebibytes(pid) })
        for (const child of childrenOf(pid)) this.#children.set(child, startMark(child))
      }
      await delay(everyMs)
    }
  }

  /** Children of the portal's processes that are still there, once all of those have ended. */
  leftBehind(): number[] {
    return [...this.#children].flatMap(([pid, mark]) =>
      isAlive(pid) && startMark(pid) === mark ? [pid] : [],
    )
  }

  get childrenSeen(): number {
    return this.#children.size
  }
}
