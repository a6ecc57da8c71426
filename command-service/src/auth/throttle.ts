import type { AccessEvent } from '@sre-portal/contracts'
import type { Pool } from '@sre-portal/platform/postgres'
import { createLimiter, LimitReached } from '../limiter.ts'

type Throttled = (AccessEvent & { type: 'LoginThrottled' })['data']

/** One attempt to give a password. */
export interface Attempt {
  /** Canonical, whether anybody has it or not. */
  email: string
  userId: string | null
  address: string
}

/** Counts attempts by account and by address before a password is judged, and forgets those that were right. */
export interface LoginThrottle {
  /** Refuses an address that has met its limit before anything is asked of the database. @throws LimitReached */
  ensureNotRefused(address: string): void
  /**
   * Counts an attempt. Where this person has signed in from before, strangers' attempts do not count: nobody can lock somebody out of their
   * own desk. `tell` is called once a minute for what is throttled.
   * @throws LimitReached
   */
  take(attempt: Attempt, tell: (throttled: Throttled) => Promise<void>): Promise<Taken>
}

/** An attempt that was counted. */
export interface Taken {
  /** The password was right: the account's count begins anew, and the address is known from now on. */
  succeeded(userId: string): Promise<void>
  /** The password was not judged at all. */
  giveBack(): Promise<void>
}

const windowSeconds = 60
const attemptsAnAccount = 5
const attemptsAnAddress = 30
const knownForDays = 90

export function createLoginThrottle(pool: Pool): LoginThrottle {
  const limiter = (prefix: string, points: number, remembersRefused = false) =>
    createLimiter(pool, 'login_attempts', { prefix, points, seconds: windowSeconds, remembersRefused })
  const byAccount = limiter('account', attemptsAnAccount)
  const byKnownPlace = limiter('known', attemptsAnAccount)
  const byAddress = limiter('address', attemptsAnAddress, true)

  return {
    ensureNotRefused: (address) => byAddress.ensureNotRefused(address),
    take: async ({ email, userId, address }, tell) => {
      const isKnown = userId !== null && (await isKnownAddress(pool, userId, address))
      const [account, accountKey] = isKnown
        ? ([byKnownPlace, `${email} ${address}`] as const)
        : ([byAccount, email] as const)
      const told = async (scope: Throttled['scope'], taking: Promise<void>) => {
        try {
          await taking
        } catch (error) {
          if (error instanceof LimitReached && error.first)
            await tell({ scope, retryAfterSeconds: error.retryAfterSeconds })
          throw error
        }
      }
      await told('address', byAddress.take(address))
      await told('account', account.take(accountKey))
      return {
        succeeded: async (id) => {
          await Promise.all([
            account.forget(accountKey),
            byAddress.giveBack(address),
            rememberAddress(pool, id, address),
          ])
        },
        giveBack: async () => {
          await Promise.all([account.giveBack(accountKey), byAddress.giveBack(address)])
        },
      }
    },
  }
}

async function isKnownAddress(pool: Pool, userId: string, address: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from record.known_addresses
     where user_id = $1 and address = $2 and last_success_at > now() - make_interval(days => $3)`,
    [userId, address, knownForDays],
  )
  return rowCount === 1
}

async function rememberAddress(pool: Pool, userId: string, address: string): Promise<void> {
  await pool.query(
    `insert into record.known_addresses (user_id, address) values ($1, $2)
     on conflict (user_id, address) do update set last_success_at = now()`,
    [userId, address],
  )
}
