import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { Throttled } from '@sre-portal/platform/http/problem'
import type { Pool } from '@sre-portal/platform/postgres'

/** Counts in PostgreSQL, so that a restart forgets nothing and several services count together. */
export interface Limiter {
  /** Counts one attempt, before what it asks for is done, so that the limit holds in parallel too. @throws LimitReached */
  take(key: string): Promise<void>
  /** Refuses who has met the limit by what this process remembers (`remembersRefused`). @throws LimitReached */
  ensureNotRefused(key: string): void
  /** Gives one attempt back. */
  giveBack(key: string): Promise<void>
  forget(key: string): Promise<void>
}

/** Too many in this window; `first` for the one attempt that met the limit first. */
export class LimitReached extends Throttled {
  readonly first: boolean

  constructor(retryAfterSeconds: number, first: boolean) {
    super(retryAfterSeconds)
    this.first = first
  }
}

export function createLimiter(
  pool: Pool,
  table: 'login_attempts' | 'throttles',
  options: { prefix: string; points: number; seconds: number; remembersRefused?: boolean },
): Limiter {
  const { prefix, points, seconds, remembersRefused = false } = options
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    schemaName: 'record',
    tableName: table,
    tableCreated: true,
    keyPrefix: prefix,
    points,
    duration: seconds,
    // Who has met the limit is not asked about again until the window ends.
    ...(remembersRefused && { inMemoryBlockOnConsumed: points + 1 }),
  })
  const refusedUntil = new Map<string, number>()
  const remember = (key: string, waitMs: number) => {
    if (refusedUntil.has(key)) return
    refusedUntil.set(key, Date.now() + waitMs)
    setTimeout(() => refusedUntil.delete(key), waitMs).unref()
  }
  return {
    ensureNotRefused: (key) => {
      const waitMs = (refusedUntil.get(key) ?? 0) - Date.now()
      if (waitMs > 0) throw new LimitReached(Math.max(1, Math.ceil(waitMs / 1000)), false)
    },
    take: async (key) => {
      try {
        await limiter.consume(key)
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused
        if (remembersRefused) remember(key, refused.msBeforeNext)
        const wait = Math.max(1, Math.ceil(refused.msBeforeNext / 1000))
        throw new LimitReached(wait, refused.consumedPoints === points + 1)
      }
    },
    giveBack: async (key) => {
      await limiter.reward(key, 1)
    },
    forget: async (key) => {
      await limiter.delete(key)
      refusedUntil.delete(key)
    },
  }
}
