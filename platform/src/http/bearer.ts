import type { Request } from 'express'
import { DomainError } from '@sre-portal/domain'

/** The access token of the Authorization header (RFC 6750); one in the URL is never read. @throws DomainError `unauthenticated` */
export function bearerToken(request: Request): string {
  const [scheme, token, ...rest] = (request.get('authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || !token || rest.length > 0)
    throw new DomainError('unauthenticated', 'Sign in: send the access token in the Authorization header.')
  return token
}
