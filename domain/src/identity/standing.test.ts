import { describe, expect, it } from 'vitest'
import type { PodEvent, UserEvent } from '@sre-portal/contracts'
import { evolvePod, type Pod } from '../pod/pod.ts'
import { inQuestion } from '../request/decideRequest.ts'
import { mayActOnRequest } from '../rights.ts'
import { ada, after, dana, grace, pavel, submitted } from '../testing/sample.ts'
import { decideUser, evolveUser, type User } from '../user/user.ts'
import type { Told } from './identity.ts'

const bea: User = { ...ada, id: '00000000-0000-4000-8000-000000000007', name: 'Bea' }
const system = { kind: 'service', name: 'bootstrap' } as const
type By = User | typeof system

/** The log: each event at the next position, on the stream of Mallory's account or of her pod. */
function given(...history: [UserEvent | PodEvent, By][]) {
  let user: User | null = null
  let pod: Pod | null = null
  for (const [index, [event, by]] of history.entries()) {
    const told = {
      ...event,
      id: `event-${index}`,
      position: BigInt(index + 1),
      actor: 'id' in by ? { kind: 'user' as const, id: by.id, name: by.name, role: by.role } : by,
      at: `2026-11-23T14:0${index}:00.000Z`,
    }
    if (event.type.startsWith('Pod')) pod = evolvePod(pod, told as Told<PodEvent>)
    else user = evolveUser(user, told as Told<UserEvent>)
  }
  if (!user) throw new Error('nobody was registered')
  const approver: User = user
  return {
    whenItIsFor: (requester: User) => {
      const request = after({ ...submitted, data: { ...submitted.data, requesterId: requester.id } })
      if (!request) throw new Error('nothing was submitted')
      return mayActOnRequest(approver, 'approve', inQuestion(request), pod)
    },
  }
}

const registered: UserEvent = {
  type: 'UserRegistered',
  data: { userId: pavel.id, email: 'pavel@example.org', name: 'Pavel', role: 'MANAGER', demo: false },
}
const podCreated: PodEvent = { type: 'PodCreated', data: { podId: 'payments', name: 'Payments' } }
const managed: PodEvent = { type: 'PodManagerAssigned', data: { userId: pavel.id } }
const deputised: PodEvent = { type: 'PodDeputyAdded', data: { userId: pavel.id } }
const password: UserEvent = { type: 'UserPasswordChanged', data: {} }
const promoted: UserEvent = { type: 'UserRoleChanged', data: { role: 'MANAGER' } }
const reactivated: UserEvent = { type: 'UserReactivated', data: {} }
const confirmed = (asOf: number): UserEvent => ({ type: 'UserConfirmed', data: { asOf: String(asOf) } })
const me = pavel

describe('an approver whose account the requester controls', () => {
  it.each<[string, [UserEvent | PodEvent, By][], RegExp]>([
    [
      'account, role and password',
      [
        [registered, ada],
        [podCreated, bea],
        [managed, bea],
      ],
      /gave you this account.*gave you your role.*set your password/,
    ],
    [
      'the password',
      [
        [registered, bea],
        [podCreated, bea],
        [managed, bea],
        [password, ada],
      ],
      /who set your password \(UserPasswordChanged, 2026-11-23 14:03 UTC\)/,
    ],
    [
      'the role',
      [
        [registered, bea],
        [podCreated, bea],
        [managed, bea],
        [promoted, ada],
      ],
      /gave you your role/,
    ],
    [
      'the pod, as manager',
      [
        [registered, bea],
        [podCreated, bea],
        [managed, ada],
      ],
      /made you manager of the pod/,
    ],
    [
      'the pod, as deputy',
      [
        [registered, bea],
        [podCreated, bea],
        [deputised, ada],
      ],
      /made you deputy of the pod/,
    ],
    [
      'the account, by bringing it back',
      [
        [registered, bea],
        [podCreated, bea],
        [managed, bea],
        [{ type: 'UserDeactivated', data: {} }, bea],
        [reactivated, ada],
      ],
      /gave you this account/,
    ],
    [
      'the password again after the person’s own',
      [
        [registered, bea],
        [podCreated, bea],
        [managed, bea],
        [password, me],
        [password, ada],
      ],
      /set your password/,
    ],
  ])('cannot approve: %s', (_name, history, reason) => {
    const verdict = given(...history).whenItIsFor(ada)
    expect(verdict).toMatchObject({ allowed: false, code: 'forbidden' })
    expect(verdict).toMatchObject({ reason: expect.stringMatching(reason) as string })
    expect(verdict).toMatchObject({
      reason: expect.stringMatching(
        /^You cannot approve requests of Ada, .*Set a password of your own, or let another administrator confirm your account\.$/,
      ) as string,
    })
  })

  it('can approve what anybody else submits', () =>
    expect(given([registered, ada], [podCreated, ada], [managed, ada]).whenItIsFor(dana)).toEqual({
      allowed: true,
    }))

  it('can approve again once they have set a password of their own after it', () =>
    expect(
      given([registered, ada], [podCreated, ada], [managed, ada], [password, me]).whenItIsFor(ada),
    ).toEqual({ allowed: true }))

  it('can not when their own password came before the pod', () =>
    expect(
      given([registered, ada], [podCreated, bea], [password, me], [managed, ada]).whenItIsFor(ada),
    ).toMatchObject({ allowed: false }))

  it('can approve again once another administrator has confirmed all of it', () =>
    expect(
      given([registered, ada], [podCreated, ada], [managed, ada], [confirmed(3), bea]).whenItIsFor(ada),
    ).toEqual({ allowed: true }))

  it.each<[string, [UserEvent | PodEvent, By][]]>([
    ['the requester’s own confirmation', [[confirmed(3), ada]]],
    ['a confirmation by the account itself', [[confirmed(3), me]]],
    ['a confirmation of what was seen before', [[confirmed(2), bea]]],
    [
      'a confirmation of the future',
      [
        [confirmed(99), bea],
        [password, ada],
      ],
    ],
    [
      'a confirmation before the next gift',
      [
        [confirmed(3), bea],
        [promoted, ada],
      ],
    ],
  ])('can not by %s', (_name, more) =>
    expect(
      given([registered, ada], [podCreated, ada], [managed, ada], ...more).whenItIsFor(ada),
    ).toMatchObject({ allowed: false }),
  )

  it('is not burdened by what the system gave, such as the first administrator’s account', () =>
    expect(given([registered, system], [podCreated, system], [managed, system]).whenItIsFor(ada)).toEqual({
      allowed: true,
    }))

  it('is not burdened by a gift that another has replaced', () =>
    expect(
      given([registered, system], [podCreated, bea], [deputised, ada], [managed, bea]).whenItIsFor(ada),
    ).toEqual({ allowed: true }))
})

describe('confirming an account', () => {
  it('says up to which position the account was seen', () =>
    expect(decideUser(grace, { type: 'ConfirmUser', confirmerId: ada.id, asOf: '7' })).toEqual([
      { type: 'UserConfirmed', data: { asOf: '7' } },
    ]))

  it('changes nothing when more was confirmed already', () => {
    const known = { ...grace, identity: { ...grace.identity, confirmedBy: { [ada.id]: '7' } } }
    expect(decideUser(known, { type: 'ConfirmUser', confirmerId: ada.id, asOf: '7' })).toEqual([])
    expect(decideUser(known, { type: 'ConfirmUser', confirmerId: bea.id, asOf: '7' })).toHaveLength(1)
  })

  it('is for another administrator, and for an account that there is', () => {
    expect(() => decideUser(ada, { type: 'ConfirmUser', confirmerId: ada.id, asOf: '7' })).toThrow(
      'Nobody confirms their own account',
    )
    expect(() => decideUser(null, { type: 'ConfirmUser', confirmerId: ada.id, asOf: '7' })).toThrow(
      'no such user',
    )
  })
})
