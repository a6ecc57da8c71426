/** A condition that one loop waits for and many sources signal; a signal before the wait is not lost. */
export class Wakeup {
  private signalled = false
  private resume: (() => void) | undefined

  readonly wake = (): void => {
    if (this.resume) {
      const resume = this.resume
      this.resume = undefined
      resume()
    } else {
      this.signalled = true
    }
  }

  async wait(): Promise<void> {
    if (!this.signalled) {
      await new Promise<void>((resolve) => {
        this.resume = resolve
      })
    }
    this.signalled = false
  }
}
