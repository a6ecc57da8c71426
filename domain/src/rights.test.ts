import { describe, expect, it } from 'vitest'
import { requestActions, type RequestAction, type RequestStatus } from '@sre-portal/contracts'
import { inQuestion } from './request/decideRequest.ts'
import { decidesFor, mayActOnRequest, mayUsePortal, mayViewRequest, type PortalAction } from './rights.ts'
import {
  ada,
  after,
  approved,
  dana,
  dmitri,
  grace,
  otto,
  pavel,
  payments,
  started,
  submitted,
  unknown,
} from './testing/sample.ts'

const histories: Partial<Record<RequestStatus, Parameters<typeof after>>> = {
  PENDING: [submitted],
  APPROVED: [submitted, approved],
  EXECUTING: [submitted, approved, started],
  UNKNOWN: [submitted, approved, started, unknown],
}

const question = (status: RequestStatus) => {
  const request = after(...(histories[status] ?? []))
  if (!request) throw new Error(`no history for ${status}`)
  return inQuestion(request)
}

// The status in which an action is possible at all, so that only the person decides.
const statusFor: Record<RequestAction, RequestStatus> = {
  approve: 'PENDING',
  reject: 'PENDING',
  withdraw: 'PENDING',
  cancel: 'EXECUTING',
  settle: 'UNKNOWN',
}

const people = {
  requester: dana,
  'another developer': dmitri,
  manager: grace,
  deputy: pavel,
  'manager of another pod': otto,
  administrator: ada,
}
type Answer = 'yes' | 'forbidden' | 'not_found'
const table: Record<RequestAction, Record<keyof typeof people, Answer>> = {
  approve: {
    requester: 'forbidden',
    'another developer': 'forbidden',
    manager: 'yes',
    deputy: 'yes',
    'manager of another pod': 'not_found',
    administrator: 'forbidden',
  },
  reject: {
    requester: 'forbidden',
    'another developer': 'forbidden',
    manager: 'yes',
    deputy: 'yes',
    'manager of another pod': 'not_found',
    administrator: 'yes',
  },
  withdraw: {
    requester: 'yes',
    'another developer': 'not_found',
    manager: 'forbidden',
    deputy: 'forbidden',
    'manager of another pod': 'not_found',
    administrator: 'forbidden',
  },
  cancel: {
    requester: 'yes',
    'another developer': 'not_found',
    manager: 'yes',
    deputy: 'forbidden',
    'manager of another pod': 'not_found',
    administrator: 'yes',
  },
  settle: {
    requester: 'forbidden',
    'another developer': 'forbidden',
    manager: 'yes',
    deputy: 'yes',
    'manager of another pod': 'not_found',
    administrator: 'yes',
  },
}

describe.each(requestActions)('to %s', (action) => {
  it.each(Object.entries(table[action]))('%s: %s', (who, answer) => {
    const person = people[who as keyof typeof people]
    const verdict = mayActOnRequest(person, action, question(statusFor[action]), payments)
    expect(verdict.allowed ? 'yes' : verdict.code).toBe(answer)
  })
})

describe('four eyes', () => {
  const own = { ...question('PENDING'), requesterId: grace.id }

  it('refuses the manager’s own request and says who may', () => {
    expect(mayActOnRequest(grace, 'approve', own, payments)).toEqual({
      allowed: false,
      code: 'forbidden',
      reason: 'Only a deputy of Payments can approve: you submitted this request.',
    })
    expect(mayActOnRequest(pavel, 'approve', own, payments)).toEqual({ allowed: true })
  })

  it('says so when there is nobody else', () =>
    expect(mayActOnRequest(grace, 'approve', own, { ...payments, deputyIds: [] })).toMatchObject({
      reason: 'You submitted this request, and Payments has nobody else who can approve it.',
    }))

  it('holds after the requester became the pod’s manager', () =>
    expect(
      mayActOnRequest({ ...dana, role: 'MANAGER' }, 'approve', question('PENDING'), {
        ...payments,
        managerId: dana.id,
      }),
    ).toMatchObject({ code: 'forbidden' }))
})

describe('current state decides', () => {
  it('a manager who lost the role decides nothing', () => {
    expect(decidesFor({ ...grace, role: 'DEVELOPER' }, payments)).toBe(false)
    expect(
      mayActOnRequest({ ...grace, role: 'DEVELOPER' }, 'approve', question('PENDING'), payments),
    ).toMatchObject({
      code: 'forbidden',
    })
  })

  it('a deputy who was removed no longer sees it', () =>
    expect(mayViewRequest(pavel, question('PENDING'), { ...payments, deputyIds: [] })).toMatchObject({
      code: 'not_found',
    }))

  it('a deactivated account does nothing', () => {
    const nobody = { ...grace, active: false }
    expect(mayViewRequest(nobody, question('PENDING'), payments)).toMatchObject({ code: 'unauthenticated' })
    expect(mayActOnRequest(nobody, 'approve', question('PENDING'), payments)).toMatchObject({
      code: 'unauthenticated',
    })
    expect(mayUsePortal({ ...ada, active: false }, 'viewAudit')).toMatchObject({ code: 'unauthenticated' })
  })
})

describe('viewing', () => {
  it.each([
    ['the requester', dana, true],
    ['another developer', dmitri, false],
    ['the manager', grace, true],
    ['a deputy', pavel, true],
    ['the manager of another pod', otto, false],
    ['an administrator', ada, true],
  ])('%s: %s', (_name, person, expected) =>
    expect(mayViewRequest(person, question('PENDING'), payments).allowed).toBe(expected),
  )
})

describe('the portal by role', () => {
  const actions: PortalAction[] = ['submit', 'viewAudit', 'manageUsers', 'managePods', 'manageInstances']
  it.each([
    [dana, ['submit']],
    [grace, ['submit']],
    [ada, actions],
  ] as const)('$0.role may do $1', (person, expected) =>
    expect(actions.filter((action) => mayUsePortal(person, action).allowed)).toEqual(expected),
  )
})
