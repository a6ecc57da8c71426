/** Names that a tab holds for as long as it is open, so that other tabs of the browser know. */
export interface TabLocks {
  /** True when this tab holds the name from now on; false when another one does. */
  hold(name: string): Promise<boolean>
  release(name: string): void
  /** Whether a tab holds it, this one included. */
  isHeld(name: string): Promise<boolean>
}

/** By the browser's own locks, that end with the tab however it ends; where there are none (plain HTTP), nothing is known of others. */
export function createTabLocks(locks: LockManager | undefined): TabLocks {
  const held = new Map<string, () => void>()

  return {
    hold(name) {
      if (held.has(name)) return Promise.resolve(true)
      if (!locks) {
        held.set(name, () => {})
        return Promise.resolve(true)
      }
      return new Promise((answer) => {
        void locks.request(name, { ifAvailable: true }, (lock) => {
          answer(lock !== null)
          if (lock !== null) return new Promise<void>((release) => held.set(name, release))
          return undefined
        })
      })
    },
    release(name) {
      held.get(name)?.()
      held.delete(name)
    },
    async isHeld(name) {
      if (held.has(name)) return true
      const state = await locks?.query()
      return state?.held?.some((lock) => lock.name === name) ?? false
    },
  }
}
