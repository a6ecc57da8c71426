import type { AccessEvent } from '@sre-portal/contracts'
import { Throttled } from '@sre-portal/platform/http/problem'
import type { Pool } from '@sre-portal/platform/postgres'
import { createLimiter, LimitReached } from '../limiter.ts'

type LoginThrottled = (AccessEvent & { type: 'LoginThrottled' })['data']

/** One attempt to give a password. */
export interface Attempt {
  /** Canonical, whether anybody has it or not. */
  email: string
  userId: string | null
  address: string
}

/** Counts attempts by account and by address before a password is judged, and forgets those that were right. */
export interface LoginThrottle {
  /**
   * Refuses who has met a limit by what this process remembers. Where an address has met its own, or has no `room`, that is not for those who
   * have signed in from there before: who they are is asked of the database once a minute. @throws Throttled
   */
  ensureWelcome(email: string, address: string, ensureRoom: () => void): Promise<void>
  /**
   * Counts an attempt. Where this person has signed in from before they have attempts of their own, which neither strangers nor others at that
   * place use up: nobody can lock somebody out of their own desk. `tell` is called once a minute for what is throttled.
   * @throws LimitReached
   */
  take(attempt: Attempt, tell: (throttled: LoginThrottled) => Promise<void>): Promise<Taken>
}

/** An attempt that was counted. */
export interface Taken {
  /** Whose part of the work this is: the address's, or of a person who has signed in from there before, their own. */
  share: string
  /** The password was right: the account's count begins anew, and the address is known from now on. */
  succeeded(userId: string): Promise<void>
  /** The password was not judged at all. */
  giveBack(): Promise<void>
}

const windowSeconds = 60
const attemptsAnAccount = 5
const attemptsAnAddress = 30
const knownForDays = 90
const mostPeopleAnAddress = 2_000
const mostAddressesRemembered = 1_000

export function createLoginThrottle(pool: Pool): LoginThrottle {
  const limiter = (prefix: string, points: number, remembersRefused = false) =>
    createLimiter(pool, 'login_attempts', { prefix, points, seconds: windowSeconds, remembersRefused })
  const byAccount = limiter('account', attemptsAnAccount)
  const byKnownPlace = limiter('known', attemptsAnAccount, true)
  const byAddress = limiter('address', attemptsAnAddress, true)
  const peopleKnownAt = rememberForAWindow((address) => emailsKnownAt(pool, address))

  return {
    ensureWelcome: async (email, address, ensureRoom) => {
      byKnownPlace.ensureNotRefused(placeOf(email, address))
      try {
        byAddress.ensureNotRefused(address)
        ensureRoom()
      } catch (refusal) {
        if (!(refusal instanceof Throttled) || !(await peopleKnownAt(address)).has(email)) throw refusal
      }
    },
    take: async ({ email, userId, address }, tell) => {
      const isKnown = userId !== null && (await isKnownAddress(pool, userId, address))
      const [account, accountKey] = isKnown
        ? ([byKnownPlace, placeOf(email, address)] as const)
        : ([byAccount, email] as const)
      const told = async (scope: LoginThrottled['scope'], taking: Promise<void>) => {
        try {
          await taking
        } catch (error) {
          if (error instanceof LimitReached && error.first)
            await tell({ scope, retryAfterSeconds: error.retryAfterSeconds })
          throw error
        }
      }
      const takeOfAccount = () => told('account', account.take(accountKey))
      const takeOfAddress = () => told('address', byAddress.take(address))
      // What is known counts for strangers too, and is refused for its own number alone.
      const countsAtAddress = isKnown
        ? await takeOfAccount().then(() => isWithinLimit(takeOfAddress()))
        : await takeOfAddress()
            .then(takeOfAccount)
            .then(() => true)
      const giveBackToAddress = async () => {
        if (countsAtAddress) await byAddress.giveBack(address)
      }
      return {
        share: isKnown ? placeOf(email, address) : address,
        succeeded: async (id) => {
          await Promise.all([
            account.forget(accountKey),
            giveBackToAddress(),
            rememberAddress(pool, id, address),
          ])
        },
        giveBack: async () => {
          await Promise.all([account.giveBack(accountKey), giveBackToAddress()])
        },
      }
    },
  }
}

const placeOf = (email: string, address: string) => `${email} ${address}`

async function isWithinLimit(taking: Promise<void>): Promise<boolean> {
  try {
    await taking
    return true
  } catch (error) {
    if (error instanceof LimitReached) return false
    throw error
  }
}

/** What was read is read again after a window; so much is remembered at once, the oldest forgotten first. */
function rememberForAWindow<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const remembered = new Map<string, Promise<T>>()
  return (key) => {
    const found = remembered.get(key)
    if (found) return found
    const reading = read(key)
    const forget = () => {
      if (remembered.get(key) === reading) remembered.delete(key)
    }
    reading.catch(forget)
    setTimeout(forget, windowSeconds * 1_000).unref()
    for (const oldest of remembered.size < mostAddressesRemembered ? [] : remembered.keys()) {
      remembered.delete(oldest)
      break
    }
    remembered.set(key, reading)
    return reading
  }
}

/** Those who have signed in from an address before, the latest first. */
async function emailsKnownAt(pool: Pool, address: string): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ email: string }>(
    `select c.email from record.known_addresses k join record.user_credentials c using (user_id)
     where k.address = $1 and k.last_success_at > now() - make_interval(days => $2)
     order by k.last_success_at desc limit $3`,
    [address, knownForDays, mostPeopleAnAddress],
  )
  return new Set(rows.map(({ email }) => email))
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
