import { expect, it } from 'vitest'
import { aRequest } from '../../testing/aRequest.ts'
import { offeredActions } from './useDecision.ts'

const yes = { allowed: true } as const
const no = (reason: string) => ({ allowed: false, reason }) as const
const developer = { id: 'emil', reviews: false, isAdmin: false }
const requester = { id: 'dana', reviews: false, isAdmin: false }
const manager = { id: 'grace', reviews: true, isAdmin: false }
const admin = { id: 'ada', reviews: false, isAdmin: true }

it('offers nothing to whoever could never decide', () => {
  expect(offeredActions(aRequest(), developer)).toEqual([])
})

it('offers the requester to withdraw, and not to decide', () => {
  const request = aRequest({ actions: { ...aRequest().actions, withdraw: yes } })
  expect(offeredActions(request, requester)).toEqual([{ action: 'withdraw', allowed: true, reason: '' }])
})

it('shows a manager who wrote the request why they can’t decide it', () => {
  const own = no('You submitted this request.')
  const request = aRequest({
    requester: { id: 'grace', name: 'Grace Park' },
    actions: { ...aRequest().actions, approve: own, reject: own, withdraw: yes },
  })
  expect(offeredActions(request, manager)).toEqual([
    { action: 'approve', allowed: false, reason: 'You submitted this request.' },
    { action: 'reject', allowed: false, reason: 'You submitted this request.' },
    { action: 'withdraw', allowed: true, reason: '' },
  ])
})

it('shows an admin why they can’t approve, and lets them reject', () => {
  const request = aRequest({
    actions: { ...aRequest().actions, approve: no('Admins do not approve.'), reject: yes },
  })
  expect(offeredActions(request, admin)).toEqual([
    { action: 'approve', allowed: false, reason: 'Admins do not approve.' },
    { action: 'reject', allowed: true, reason: '' },
  ])
})

it('offers what fits the state only', () => {
  const all = { approve: yes, reject: yes, withdraw: yes, cancel: yes, settle: yes }
  const actionsIn = (status: 'EXECUTING' | 'UNKNOWN' | 'EXECUTED') =>
    offeredActions(aRequest({ status, actions: all }), manager).map((offer) => offer.action)
  expect(actionsIn('EXECUTING')).toEqual(['cancel'])
  expect(actionsIn('UNKNOWN')).toEqual(['settle'])
  expect(actionsIn('EXECUTED')).toEqual([])
})
