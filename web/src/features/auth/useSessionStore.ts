import {
  loginSchema,
  sessionSchema,
  sessionUserSchema,
  type Login,
  type Session,
  type SessionUser,
} from '@sre-portal/contracts'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { answerWithin, questionDeadlineMs } from '../../api/answerWithin.ts'
import { errorOfAnswer } from '../../api/apiError.ts'
import { api, sessions } from '../../api/api.ts'
import { read } from '../../api/client.ts'

/** Who is signed in. The tokens themselves stay in api/sessionStore. */
export const useSessionStore = defineStore('session', () => {
  const stored = shallowRef(sessions.read())
  sessions.onChange((state) => (stored.value = state))

  const state = computed(() => stored.value.state)
  const user = computed(() => (stored.value.state === 'none' ? null : stored.value.user))
  const isAdmin = computed(() => user.value?.role === 'ADMIN')
  const reviews = computed(() => (user.value?.managedPods.length ?? 0) > 0)

  return { state, user, isAdmin, reviews, signedIn, logIn, logOut, reloadUser, changePassword }

  /** For what is shown to signed-in people only. */
  function signedIn(): SessionUser {
    if (!user.value) throw new Error('Nobody is signed in.')
    return user.value
  }

  async function logIn(credentials: Login): Promise<Session> {
    const session = await read(
      await postOpenly('/api/auth/login', loginSchema.parse(credentials)),
      sessionSchema,
    )
    sessions.open(session)
    return session
  }

  async function logOut() {
    const open = sessions.read()
    sessions.clear()
    if (open.state === 'open') {
      await postOpenly('/api/auth/logout', { refreshToken: open.refreshToken }).catch(() => undefined)
    }
  }

  /** Roles and pods may have changed since the session was opened; what is known stays when nobody answers. */
  async function reloadUser() {
    const fresh = await api.get('/api/auth/me', { answer: sessionUserSchema }).catch(() => null)
    if (fresh) sessions.keepUser(fresh)
  }

  function changePassword(currentPassword: string, newPassword: string, idempotencyKey: string) {
    return api.command('/api/auth/password', { body: { currentPassword, newPassword }, idempotencyKey })
  }
})

async function postOpenly(path: string, body: unknown): Promise<Response> {
  const call = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(body),
  }
  const browserFetch: typeof fetch = (input, init) => fetch(input, init)
  const answer = await answerWithin(browserFetch, path, call, questionDeadlineMs)
  if (!answer.ok) throw await errorOfAnswer(answer)
  return answer
}
