import { createHmac, randomUUID } from 'node:crypto'
import bcrypt from 'bcrypt'
import { createHashQueue } from './hashQueue.ts'

/** Hashes and checks passwords with bcrypt at a fixed cost. */
export interface Passwords {
  /** Refuses at once what would find no room, before it costs anything. @throws Throttled */
  ensureRoom(address: string): void
  /** `address` is whose share of the hashing this is. @throws Throttled when too many wait already */
  hash(userId: string, password: string, address: string): Promise<string>
  /** Takes as long for a user without a hash (null) as for one with: nobody learns from the time who has an account. */
  verify(userId: string, password: string, hash: string | null, address: string): Promise<boolean>
  /** True when the hash was made at a lower cost and should be made again. */
  isOutdated(hash: string): boolean
}

/** bcrypt reads 72 bytes at most, so it is given a digest of the whole password, keyed by the user so that equal passwords differ. */
const digest = (userId: string, password: string) =>
  createHmac('sha384', userId).update(password).digest('base64')

export function createPasswords(cost: number): Passwords {
  const queue = createHashQueue()
  const nobody = randomUUID()
  const nobodysHash = bcrypt.hash(digest(nobody, randomUUID()), cost)
  return {
    ensureRoom: (address) => queue.ensureRoom(address),
    hash: (userId, password, address) =>
      queue.run(address, () => bcrypt.hash(digest(userId, password), cost)),
    verify: async (userId, password, hash, address) => {
      const matches = await queue.run(address, async () =>
        bcrypt.compare(digest(userId, password), hash ?? (await nobodysHash)),
      )
      return matches && hash !== null
    },
    isOutdated: (hash) => bcrypt.getRounds(hash) < cost,
  }
}
