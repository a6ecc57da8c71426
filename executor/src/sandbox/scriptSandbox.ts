import { removeLeftFolders } from './ownedFolder.ts'
import { Sandbox } from './sandbox.ts'
import { runSelfTest, type SelfTestReport } from './selfTest.ts'

/** The sandbox together with what its self-test at boot found: scripts run only when every test was contained. */
export class ScriptSandbox {
  readonly sandbox: Sandbox
  readonly #report: Promise<SelfTestReport>
  #known: SelfTestReport | null = null

  constructor(options: { jitless: boolean }) {
    removeLeftFolders()
    this.sandbox = new Sandbox(options)
    this.#report = runSelfTest(this.sandbox).then((report) => {
      this.#known = report
      if (report.passed) this.sandbox.prepare()
      return report
    })
  }

  /** Why scripts can't run here, or null; waits for the self-test. */
  async refusal(): Promise<string | null> {
    const report = await this.#report
    if (report.passed) return null
    return `Scripts are not run by this executor: its sandbox failed ${report.failures.length} of ${report.total} tests of itself.`
  }

  /** For the health page; says what this machine contains. */
  describe(): Record<string, unknown> {
    const { level, jitless, setpriv, userId } = this.sandbox.platform
    return {
      level,
      jitless,
      pdeathsig: setpriv !== null,
      rlimitData: level === 'full',
      memoryWatch: process.platform === 'linux',
      uid: userId ?? process.getuid?.() ?? null,
      selfTest: this.#known
        ? `${this.#known.total - this.#known.failures.length}/${this.#known.total}`
        : 'running',
      ...(this.#known && this.#known.failures.length > 0 ? { failures: this.#known.failures } : {}),
    }
  }

  async close(): Promise<void> {
    await this.#report
    await this.sandbox.close()
  }
}
