import { expect, it } from 'vitest'
import { createSessionStore, type SessionState } from './sessionStore.ts'
import { aSession, memoryStorage } from '../testing/testAnswers.ts'

it('tells this tab and, by the storage event, the others when the session ends', () => {
  const storage = memoryStorage()
  const otherWindow = new EventTarget()
  const here = createSessionStore(storage, new EventTarget() as Window)
  const there = createSessionStore(storage, otherWindow as Window)
  const seenHere: SessionState['state'][] = []
  const seenThere: SessionState['state'][] = []
  here.onChange((state) => seenHere.push(state.state))
  there.onChange((state) => seenThere.push(state.state))

  here.open(aSession('a'))
  here.end()
  otherWindow.dispatchEvent(Object.assign(new Event('storage'), { key: 'sre-portal.session' }))

  expect(seenHere).toEqual(['open', 'ended'])
  expect(seenThere).toEqual(['ended'])
  expect(there.read()).toEqual({ state: 'ended', user: aSession('a').user })
})

it('takes what it can’t read for no session', () => {
  const storage = memoryStorage()
  storage.setItem('sre-portal.session', '{"state":"open","accessToken":1}')
  expect(createSessionStore(storage, new EventTarget() as Window).read()).toEqual({ state: 'none' })
})

it('never puts one person’s facts into another’s session', () => {
  const sessions = createSessionStore(memoryStorage(), new EventTarget() as Window)
  sessions.open(aSession('a'))
  sessions.keepUser({ ...aSession('a').user, id: '00000000-0000-4000-8000-000000000009', role: 'ADMIN' })
  expect(sessions.read()).toEqual({ state: 'open', ...aSession('a') })
  sessions.keepUser({ ...aSession('a').user, name: 'Dana Cohen' })
  expect(sessions.read()).toMatchObject({ user: { name: 'Dana Cohen' } })
})
