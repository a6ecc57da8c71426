import { z } from 'zod'
import { uuidSchema } from '../vocabulary.ts'

/** Data of the events of `access-<user uuid>`, and of `access-anonymous` for e-mail addresses that nobody has. */
export const accessEventSchemas = {
  UserLoggedIn: z.object({ userId: uuidSchema, sessionId: uuidSchema }),
  LoginRefused: z.object({
    reason: z.enum([
      'unknown-email',
      'wrong-password',
      /** The hash of the last password that was set is lost, and no other one opens the account. */
      'password-not-stored',
      'deactivated',
      'demo-account',
      'throttled',
    ]),
  }),
  /** Attempts beyond what an account or an address may make in a minute: told once a minute, not for each attempt. */
  LoginThrottled: z.object({
    scope: z.enum(['account', 'address']),
    retryAfterSeconds: z.int().nonnegative(),
  }),
  UserLoggedOut: z.object({ userId: uuidSchema, sessionId: uuidSchema }),
  /** A session was ended from another one: by its own person, or by an administrator. */
  SessionEnded: z.object({ userId: uuidSchema, sessionId: uuidSchema }),
  /** A refresh token came a second time: somebody holds a copy, so the whole session was revoked. */
  RefreshTokenReused: z.object({ userId: uuidSchema, sessionId: uuidSchema }),
  ResultViewed: z.object({ userId: uuidSchema, requestId: uuidSchema, resultId: uuidSchema }),
}
