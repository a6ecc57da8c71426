import { createSecretKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { DomainError } from '@sre-portal/domain'

const issuer = 'sre-portal'
const audience = 'sre-portal-api'
const algorithm = 'HS256'
const leewaySeconds = 5

/** Life of an access token, in seconds. */
export const accessTokenSeconds = 15 * 60

/** Who a valid access token speaks for. It carries no rights: those are looked up. */
export interface AccessTokenSubject {
  userId: string
  sessionId: string
}

// Of a plain text the library first finds out whether it is a key of another kind, which takes ten times as long as all the rest.
const keyOf = (secret: string) => createSecretKey(secret, 'utf8')

/** Signs an access token (RFC 7519, HS256) that lives 15 minutes. */
export const signAccessToken = (secret: string, subject: AccessTokenSubject, tokenId: string): string =>
  jwt.sign({ typ: 'access', sid: subject.sessionId }, keyOf(secret), {
    algorithm,
    issuer,
    audience,
    subject: subject.userId,
    jwtid: tokenId,
    expiresIn: accessTokenSeconds,
  })

/** Reads an access token. @throws DomainError `token_expired`, or `unauthenticated` for anything else that is wrong with it */
export function readAccessToken(secret: string, token: string): AccessTokenSubject {
  try {
    const claims = jwt.verify(token, keyOf(secret), {
      algorithms: [algorithm],
      issuer,
      audience,
      clockTolerance: leewaySeconds,
    })
    if (
      typeof claims === 'object' &&
      claims.typ === 'access' &&
      claims.sub &&
      claims.exp &&
      typeof claims.sid === 'string'
    )
      return { userId: claims.sub, sessionId: claims.sid }
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError)
      throw new DomainError('token_expired', 'The access token has expired; refresh it or sign in again.')
  }
  throw new DomainError('unauthenticated', 'Sign in: the access token is missing or not valid.')
}
