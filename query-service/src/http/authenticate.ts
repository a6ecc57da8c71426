import type { Request } from 'express'
import { uuidSchema } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import { readAccessToken } from '@sre-portal/platform/accessToken'
import { bearerToken } from '@sre-portal/platform/http/bearer'
import { loadReaders, type Reader } from '../reader.ts'
import type { ReadModel } from '../readModel.ts'

/** Id of the user that the request's token speaks for. @throws DomainError `unauthenticated`, `token_expired` */
export const tokenUserId = (request: Request, jwtSecret: string): string =>
  readAccessToken(jwtSecret, bearerToken(request)).userId

/** The user as they are now: rights are never in the token. @throws DomainError `unauthenticated` when unknown or deactivated */
export async function currentReader(readModel: ReadModel, userId: string): Promise<Reader> {
  const reader = uuidSchema.safeParse(userId).success
    ? (await loadReaders(readModel, [userId])).get(userId)
    : undefined
  if (!reader) throw new DomainError('unauthenticated', 'This account is not known here.')
  if (!reader.active) throw new DomainError('unauthenticated', 'This account is deactivated.')
  return reader
}
