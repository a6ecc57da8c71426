import { randomBytes } from 'node:crypto'

/** Words of this run alone: stories find what they made on a portal that has been used before. */
export const unique = (words: string): string => `${words} ${randomBytes(3).toString('hex')}`
