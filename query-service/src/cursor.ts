import { DomainError } from '@sre-portal/domain'
import { z } from 'zod'

const positionKey = z.tuple([z.string().regex(/^\d{1,18}$/)])

/** Where a page ended: the order of the list, and the key of its last row. Opaque to clients. */
export const encodeCursor = (order: string, ...key: string[]): string =>
  Buffer.from(JSON.stringify([order, ...key])).toString('base64url')

/** The key to go on from, a number. @throws DomainError `invalid` for anything that is not a cursor of a list in this order */
export function decodeCursor(order: string, cursor: string): string {
  const key = keyIn(order, positionKey, cursor)
  if (!key) throw notACursor()
  return key[0]
}

/** The key in a cursor of a list in this order; null for anything else. */
export function keyIn<Key>(order: string, key: z.ZodType<Key>, cursor: string): Key | null {
  const read: unknown = parseJson(Buffer.from(cursor, 'base64url').toString())
  if (!Array.isArray(read) || read[0] !== order) return null
  return key.safeParse(read.slice(1)).data ?? null
}

export function notACursor(): DomainError {
  const message = 'The cursor does not belong to this list in this order; begin again without it.'
  return new DomainError('invalid', message, [{ path: 'cursor', message }])
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
