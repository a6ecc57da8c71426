import type { Request } from 'express'
import { uuidSchema } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import { readAccessToken, type AccessTokenSubject } from '@sre-portal/platform/accessToken'
import { bearerToken } from '@sre-portal/platform/http/bearer'
import { loadReaders, type Reader } from '../reader.ts'
import type { ReadModel } from '../readModel.ts'

/** Whom the request's token speaks for. @throws DomainError `unauthenticated`, `token_expired` */
export const tokenSubject = (request: Request, jwtSecret: string): AccessTokenSubject =>
  readAccessToken(jwtSecret, bearerToken(request))

/**
 * The user as they are now, in a session that goes on: neither rights nor the end of a session are in the token.
 * @throws DomainError `unauthenticated` when unknown, deactivated or signed out
 */
export async function currentReader(
  readModel: ReadModel,
  { userId, sessionId }: AccessTokenSubject,
): Promise<Reader> {
  const isKnown = uuidSchema.safeParse(userId).success && uuidSchema.safeParse(sessionId).success
  if (!isKnown) throw new DomainError('unauthenticated', 'This account is not known here.')
  const [readers, isOpen] = await Promise.all([
    loadReaders(readModel, [userId]),
    isSessionOpen(readModel, { userId, sessionId }),
  ])
  const reader = readers.get(userId)
  if (!reader) throw new DomainError('unauthenticated', 'This account is not known here.')
  if (!reader.active) throw new DomainError('unauthenticated', 'This account is deactivated.')
  if (!isOpen) throw new DomainError('unauthenticated', 'This session has ended; sign in again.')
  return reader
}

/** True while nobody has ended the session: by signing out, by a new password, by deactivation or because a token was stolen. */
export async function isSessionOpen(
  readModel: ReadModel,
  { userId, sessionId }: AccessTokenSubject,
): Promise<boolean> {
  const rows = await readModel.query(
    'select 1 from record.sessions where session_id = $1 and user_id = $2 and ended_at is null',
    [sessionId, userId],
  )
  return rows.length === 1
}
