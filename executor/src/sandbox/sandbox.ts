import { SandboxHome } from './home.ts'
import { launchLine, probePlatform, type SandboxPlatform } from './launch.ts'
import { SandboxProcess } from './sandboxProcess.ts'

const spareAgeMs = 5 * 60_000

/** Starts sandbox processes, and keeps one ready, because starting costs more than a short script takes. */
export class Sandbox {
  readonly platform: SandboxPlatform
  readonly #home = new SandboxHome()
  readonly #keepSpare: boolean
  #spare: SandboxProcess | null = null
  #renewal: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: { jitless?: boolean; keepSpare?: boolean } = {}) {
    this.platform = probePlatform({ jitless: options.jitless ?? true })
    this.#keepSpare = options.keepSpare ?? true
  }

  /** A process for one script: the spare one when it lives, else a fresh one. */
  take(): SandboxProcess {
    const spare = this.#spare
    this.#spare = null
    return spare?.isAlive ? spare : this.#start()
  }

  /** Makes a spare one; called when a run has ended, so that it doesn't compete with a run. */
  prepare(): void {
    if (!this.#keepSpare || this.#closed || this.#spare?.isAlive) return
    const spare = this.#start()
    this.#spare = spare
    if (this.#renewal) clearTimeout(this.#renewal)
    this.#renewal = setTimeout(() => this.#renew(spare), spareAgeMs)
    this.#renewal.unref()
  }

  /** Ends the spare process and removes what was written to disk. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#renewal) clearTimeout(this.#renewal)
    this.#spare?.kill()
    await this.#spare?.closed
    this.#home.remove()
  }

  #start(): SandboxProcess {
    return new SandboxProcess(launchLine(this.platform, this.#home))
  }

  #renew(spare: SandboxProcess): void {
    if (this.#spare !== spare) return
    spare.kill()
    this.#spare = null
    this.prepare()
  }
}
