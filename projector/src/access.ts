import type { AccessEvent } from '@sre-portal/contracts'
import { changeOne, type Handlers } from './handlers.ts'

/** What happened at the door is in the audit log; beside it only the last sign-in is shown. */
export const accessHandlers: Handlers<AccessEvent> = {
  UserLoggedIn: (db, event) =>
    changeOne(db, event, 'update users set last_login_at = $2 where id = $1', [event.data.userId, event.at]),
  LoginRefused: null,
  LoginThrottled: null,
  UserLoggedOut: null,
  SessionEnded: null,
  RefreshTokenReused: null,
  ResultViewed: null,
}
