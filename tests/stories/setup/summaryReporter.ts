import type { Reporter, Suite, TestCase } from '@playwright/test/reporter'

/** Closes a run with one plain line: how many stories passed, failed and were skipped. What passed only at a second attempt has failed. */
export default class SummaryReporter implements Reporter {
  private stories: Suite | undefined
  private faults = 0

  printsToStdio = () => false

  onBegin(_config: unknown, suite: Suite): void {
    this.stories = suite
  }

  /** A fault outside of any story, such as a stack that does not start. */
  onError(): void {
    this.faults += 1
  }

  onExit(): Promise<void> {
    const all = this.stories?.allTests() ?? []
    const count = (outcome: ReturnType<TestCase['outcome']>) =>
      all.filter((story) => story.outcome() === outcome).length
    const skipped = count('skipped')
    const passed = count('expected')
    const failed = Math.max(this.faults > 0 ? 1 : 0, all.length - passed - skipped)
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
    return Promise.resolve()
  }
}
