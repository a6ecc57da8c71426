import { RateLimiterPostgres, type RateLimiterRes } from 'rate-limiter-flexible'
import { Throttled } from '@sre-portal/platform/http/problem'
import type { Pool } from '@sre-portal/platform/postgres'

/** Counts refused logins by account and by address, in PostgreSQL, so that a restart forgets nothing. */
export interface LoginThrottle {
  /** @throws Throttled when this account or address has had too many refusals */
  ensureOpen(email: string, address: string): Promise<void>
  countRefusal(email: string, address: string): Promise<void>
  forgive(email: string): Promise<void>
}

const windowSeconds = 60
const refusalsAnAccount = 5
const refusalsAnAddress = 30

export function createLoginThrottle(pool: Pool): LoginThrottle {
  const limiter = (keyPrefix: string, points: number) =>
    new RateLimiterPostgres({
      storeClient: pool,
      schemaName: 'record',
      tableName: 'login_attempts',
      tableCreated: true,
      keyPrefix,
      points,
      duration: windowSeconds,
    })
  const byAccount = limiter('account', refusalsAnAccount)
  const byAddress = limiter('address', refusalsAnAddress)
  const ensure = (state: RateLimiterRes | null, points: number) => {
    if (state && state.consumedPoints >= points)
      throw new Throttled(Math.max(1, Math.ceil(state.msBeforeNext / 1000)))
  }
  return {
    ensureOpen: async (email, address) => {
      const [account, source] = await Promise.all([byAccount.get(email), byAddress.get(address)])
      ensure(account, refusalsAnAccount)
      ensure(source, refusalsAnAddress)
    },
    countRefusal: async (email, address) => {
      await Promise.all([byAccount.penalty(email), byAddress.penalty(address)])
    },
    forgive: async (email) => {
      await byAccount.delete(email)
    },
  }
}
