import { DomainError } from '@sre-portal/domain'
import { z } from 'zod'

const cursorSchema = z.tuple([z.string(), z.string().regex(/^\d{1,18}$/)])

/** Where a page ended: the order of the list, and the key of its last row. Opaque to clients. */
export const encodeCursor = (order: string, key: string): string =>
  Buffer.from(JSON.stringify([order, key])).toString('base64url')

/** The key to go on from. @throws DomainError `invalid` for anything that is not a cursor of a list in this order */
export function decodeCursor(order: string, cursor: string): string {
  const parsed = cursorSchema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (parsed.success && parsed.data[0] === order) return parsed.data[1]
  const message = 'The cursor does not belong to this list in this order; begin again without it.'
  throw new DomainError('invalid', message, [{ path: 'cursor', message }])
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
