/** A source of chance that can be repeated: the same seed gives the same numbers. */
export interface Random {
  /** From 0 up to, but without, 1. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  isTrue(probability: number): boolean
  oneOf<T>(items: readonly T[]): T
  /** Picks by weight. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T
  /** A source of its own, so that what runs side by side does not take numbers from each other. */
  fork(): Random
}

/** mulberry32: small, fast, and even enough for tests. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  const oneOf = <T>(items: readonly T[]): T => {
    const item = items[between(0, items.length - 1)]
    if (item === undefined) throw new Error('There is nothing to choose from.')
    return item
  }
  return {
    next,
    between,
    isTrue: (probability) => next() < probability,
    oneOf,
    weighted: (items) => {
      let rest = next() * items.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, item] of items) if ((rest -= weight) < 0) return item
      return oneOf(items)[1]
    },
    fork: () => createRandom(between(0, 4_294_967_295)),
  }
}
