import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { sessions } from '../../api/api.ts'
import { aSession, json, problem } from '../../testing/testAnswers.ts'
import { useSessionStore } from './useSessionStore.ts'

const asked: { path: string; body: unknown }[] = []
function answering(answer: (path: string) => Response) {
  const given: typeof fetch = (input, init) => {
    const path = typeof input === 'string' ? input : ''
    const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : null
    asked.push({ path, body })
    return Promise.resolve(answer(path))
  }
  vi.stubGlobal('fetch', given)
}

beforeEach(() => {
  localStorage.clear()
  asked.length = 0
  setActivePinia(createPinia())
})

it('opens a session by e-mail and password', async () => {
  answering(() => json(aSession('a')))
  const session = useSessionStore()
  await session.logIn({ email: 'dana@demo.example', password: 'a long password' })
  expect(session.state).toBe('open')
  expect(session.user?.name).toBe('Dana Levi')
  expect(asked).toEqual([
    { path: '/api/auth/login', body: { email: 'dana@demo.example', password: 'a long password' } },
  ])
})

it('stays signed out when the password is wrong, with the server’s words', async () => {
  answering(() => problem(401, 'unauthenticated'))
  const session = useSessionStore()
  await expect(session.logIn({ email: 'dana@demo.example', password: 'wrong' })).rejects.toMatchObject({
    message: 'In words.',
  })
  expect(session.state).toBe('none')
})

it('forgets the tokens before it tells the server that it signs out, so that no failure keeps them', async () => {
  answering(() => problem(500, 'internal'))
  const session = useSessionStore()
  sessions.open(aSession('a'))
  await session.logOut()
  expect(session.state).toBe('none')
  expect(localStorage.length).toBe(0)
  expect(asked).toEqual([{ path: '/api/auth/logout', body: { refreshToken: 'refresh-a' } }])
})
