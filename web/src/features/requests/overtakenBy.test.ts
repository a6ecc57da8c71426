import { expect, it } from 'vitest'
import { aRequest } from '../../testing/aRequest.ts'
import { overtakenBy } from './overtakenBy.ts'

const by = { id: 'grace', name: 'Grace Park' }
const at = '2026-11-23T10:05:00.000Z'
const allowed = { allowed: true } as const

it('names who has decided and when', () => {
  const decision = { kind: 'approved', by, at, reason: null } as const
  const said = overtakenBy(aRequest({ status: 'EXECUTING', decision }), 'reject')
  expect(said).toMatch(/^Already approved by Grace Park at \d\d:05:00.*\.$/)
  const settlement = { outcome: 'FAILED', by, at, reason: 'Looked.' } as const
  expect(overtakenBy(aRequest({ status: 'FAILED', settlement }), 'settle')).toMatch(
    /^Already settled by Grace Park at /,
  )
})

it('says where the request stands when nobody decided, and why not while it still waits', () => {
  expect(overtakenBy(aRequest({ status: 'EXECUTED' }), 'cancel')).toBe('This request is executed now.')
  expect(overtakenBy(aRequest({ status: 'PENDING' }), 'approve')).toBe('Not now.')
})

it('says nothing while the action is possible', () => {
  const { actions } = aRequest()
  expect(overtakenBy(aRequest({ actions: { ...actions, approve: allowed } }), 'approve')).toBeNull()
})
