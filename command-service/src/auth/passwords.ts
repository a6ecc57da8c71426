import { createHmac, randomUUID } from 'node:crypto'
import bcrypt from 'bcrypt'
import { DomainError } from '@sre-portal/domain'
import { Throttled } from '@sre-portal/platform/http/problem'
import { commonPasswords } from './commonPasswords.ts'

const mostAtOnce = 32
let hashing = 0

/** Hashes and checks passwords with bcrypt at a fixed cost. */
export interface Passwords {
  hash(userId: string, password: string): Promise<string>
  /** Takes as long for a user without a hash (null) as for one with: nobody learns from the time who has an account. */
  verify(userId: string, password: string, hash: string | null): Promise<boolean>
  /** True when the hash was made at a lower cost and should be made again. */
  isOutdated(hash: string): boolean
}

/** bcrypt reads 72 bytes at most, so it is given a digest of the whole password, keyed by the user so that equal passwords differ. */
const digest = (userId: string, password: string) =>
  createHmac('sha384', userId).update(password).digest('base64')

export function createPasswords(cost: number): Passwords {
  const nobody = randomUUID()
  const nobodysHash = bcrypt.hash(digest(nobody, randomUUID()), cost)
  return {
    hash: (userId, password) => bounded(() => bcrypt.hash(digest(userId, password), cost)),
    verify: async (userId, password, hash) => {
      const matches = await bounded(async () =>
        bcrypt.compare(digest(userId, password), hash ?? (await nobodysHash)),
      )
      return matches && hash !== null
    },
    isOutdated: (hash) => bcrypt.getRounds(hash) < cost,
  }
}

/** Refuses passwords that everybody tries first. @throws DomainError `invalid` */
export function ensureUncommon(password: string): void {
  const plain = password.toLowerCase().replace(/[\d\W_]+$/, '')
  if (commonPasswords.has(password.toLowerCase()) || commonPasswords.has(plain))
    throw new DomainError('invalid', 'This password is one of those that are tried first; choose another.', [
      { path: 'password', message: 'is too common' },
    ])
}

// A burst of logins must not queue for minutes behind four threads.
async function bounded<T>(work: () => Promise<T>): Promise<T> {
  if (hashing >= mostAtOnce) throw new Throttled(2)
  hashing++
  try {
    return await work()
  } finally {
    hashing--
  }
}
