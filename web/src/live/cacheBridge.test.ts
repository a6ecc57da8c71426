import { expect, it } from 'vitest'
import { staleKeys } from './cacheBridge.ts'

const id = '00000000-0000-4000-8000-000000000001'

it('asks again only for what a message is about', () => {
  expect(staleKeys({ kind: 'request', position: '1', id, revision: 2, status: 'APPROVED' })).toEqual([
    ['request', id],
    ['dashboard'],
    ['review-queue'],
  ])
  expect(staleKeys({ kind: 'notification', position: '1' })).toEqual([['notifications'], ['dashboard']])
  expect(staleKeys({ kind: 'user', position: '1', id })).toEqual([['users'], ['pods'], ['request']])
  expect(staleKeys({ kind: 'pod', position: '1', id: 'aviation' })).toEqual([
    ['pods'],
    ['users'],
    ['dashboard'],
    ['request'],
  ])
  expect(staleKeys({ kind: 'instance', position: '1', id })).toEqual([['instances'], ['request']])
  expect(staleKeys({ kind: 'audit', position: '1' })).toEqual([])
})

it('asks again for everything when the server can’t tell what was missed', () => {
  expect(staleKeys({ kind: 'reset', position: '1' })).toEqual([[]])
})
