import { sessionSchema } from '@sre-portal/contracts'
import { answerWithin, questionDeadlineMs } from './answerWithin.ts'
import { ApiError, errorOfAnswer } from './apiError.ts'
import type { SessionStore } from './sessionStore.ts'

/** Runs a task while no other tab of this browser runs one under the same lock. */
export type ExclusiveRun = <T>(task: () => Promise<T>) => Promise<T>

export const exclusiveAcrossTabs =
  (name: string): ExclusiveRun =>
  (task) =>
    'locks' in navigator ? navigator.locks.request(name, task) : task()

interface Parts {
  sessions: SessionStore
  fetch: typeof fetch
  exclusively: ExclusiveRun
}

/**
 * Answers an access token that is newer than the refused one. A refresh token works once, so all callers of this tab share one
 * refresh, and a tab that waited for the lock takes what another tab has got meanwhile.
 */
export function createRefresher({ sessions, fetch, exclusively }: Parts) {
  let running: Promise<string> | null = null

  return (refusedToken: string): Promise<string> => {
    running ??= exclusively(() => refresh(refusedToken)).finally(() => {
      running = null
    })
    return running
  }

  async function refresh(refusedToken: string): Promise<string> {
    const session = sessions.read()
    if (session.state !== 'open') throw sessionEnded()
    if (session.accessToken !== refusedToken) return session.accessToken

    const call = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ refreshToken: session.refreshToken }),
    }
    const answer = await answerWithin(fetch, '/api/auth/refresh', call, questionDeadlineMs)
    if (answer.status === 401 || answer.status === 400) {
      sessions.end()
      throw sessionEnded()
    }
    if (!answer.ok) throw await errorOfAnswer(answer)

    const next = sessionSchema.parse(await answer.json())
    sessions.open(next)
    return next.accessToken
  }
}

/** True before and after somebody has signed in again: what failed may still stand on the page then. */
export const sessionEnded = () =>
  new ApiError({
    code: 'unauthenticated',
    status: 401,
    message: 'Your session had ended. Try again once you are signed in.',
  })
