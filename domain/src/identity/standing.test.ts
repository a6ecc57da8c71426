import { describe, expect, it } from 'vitest'
import type { PodEvent, UserEvent } from '@sre-portal/contracts'
import { evolvePod, type Pod } from '../pod/pod.ts'
import { inQuestion } from '../request/decideRequest.ts'
import { decidingFor, mayActOnRequest } from '../rights.ts'
import { ada, after, dana, grace, pavel, submitted } from '../testing/sample.ts'
import { decideUser, evolveUser, type User } from '../user/user.ts'
import type { Deed, Told } from './identity.ts'
import { nobodyKnown, type Lineage } from './lineage.ts'
import { eventIdsIn, standingAgainst } from './standing.ts'

const admin = (digit: string, name: string): User => ({
  ...ada,
  id: `00000000-0000-4000-8000-00000000000${digit}`,
  name,
})
const [bea, cleo] = [admin('7', 'Bea'), admin('8', 'Cleo')]
const system = { kind: 'service', name: 'bootstrap' } as const
type By = User | typeof system
/** Whose account, or pod, an event is about, where it isn't Pavel's. */
type Line = [event: UserEvent | PodEvent, by: By, of?: User]

/** The log: each event at the next position. Pavel would approve; the account of everybody else is the system's unless a line says otherwise. */
function given(...history: Line[]) {
  const told = history.map(([event, by, of = pavel], index) => ({
    of,
    event: {
      ...event,
      id: `event-${index}`,
      position: BigInt(index + 1),
      actor: 'id' in by ? { kind: 'user' as const, id: by.id, name: by.name, role: by.role } : by,
      at: `2026-11-23T14:${String(index).padStart(2, '0')}:00.000Z`,
    },
  }))
  const pod = told.reduce<Pod | null>(
    (state, { event }) => (event.type.startsWith('Pod') ? evolvePod(state, event as Told<PodEvent>) : state),
    null,
  )
  const accountOf = (one: User) =>
    told
      .filter(({ event, of }) => !event.type.startsWith('Pod') && of === one)
      .reduce<User | null>((state, { event }) => evolveUser(state, event as Told<UserEvent>), null)
  const approver = accountOf(pavel)
  if (!approver) throw new Error('nobody was registered')
  const lineage = new Map([ada, bea, cleo].map((one) => [one.id, (accountOf(one) ?? one).identity]))
  return {
    whenItIsFor: (requester: User) => {
      const request = after({ ...submitted, data: { ...submitted.data, requesterId: requester.id } })
      if (!request) throw new Error('nothing was submitted')
      return mayActOnRequest(approver, 'approve', inQuestion(request), pod, lineage)
    },
    standingFor: (requester: User, known: Lineage = lineage) =>
      eventIdsIn(standingAgainst(decidingFor(approver, pod), requester.id, known)),
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
const account = (of: User): UserEvent => ({
  type: 'UserRegistered',
  data: { userId: of.id, email: 'somebody@example.org', name: of.name, role: of.role, demo: false },
})
const promoted: UserEvent = { type: 'UserRoleChanged', data: { role: 'MANAGER' } }
const reactivated: UserEvent = { type: 'UserReactivated', data: {} }
const confirmed = (asOf: number): UserEvent => ({ type: 'UserConfirmed', data: { asOf: String(asOf) } })
const me = pavel

describe('an approver whose account the requester controls', () => {
  it.each<[string, Line[], RegExp]>([
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
        /^You cannot approve requests of Ada, .* let an administrator whose own account does not go back to Ada confirm .* If there is none, whoever runs the installation makes one: BOOTSTRAP_ADMIN_EMAIL with an address that nobody has yet, at the next start\.$/,
      ) as string,
    })
  })

  it('can approve what anybody else submits', () =>
    expect(given([registered, ada], [podCreated, ada], [managed, ada]).whenItIsFor(dana)).toEqual({
      allowed: true,
    }))

  it.each<[string, Line[], string]>([
    [
      'a password of their own, where the one before was never the requester’s',
      [
        [registered, bea],
        [podCreated, bea],
        [managed, ada],
      ],
      'Set a password of your own, or let an administrator whose own account does not go back to Ada confirm yours.',
    ],
    [
      'more than a password of their own, where the requester knew the one before',
      [
        [registered, ada],
        [podCreated, ada],
        [managed, ada],
      ],
      'Whoever set a password knows it, and can replace it as you: choose another, and then let an administrator whose own account ' +
        'does not go back to Ada confirm your account; or let such an administrator set your password, and then choose another yourself.',
    ],
    [
      'a confirmation, where they have replaced what the requester knew',
      [
        [registered, ada],
        [podCreated, ada],
        [managed, ada],
        [password, me],
      ],
      'Whoever knew that password could have replaced it as you: let an administrator whose own account does not go back to Ada ' +
        'confirm your account as it is now; or let such an administrator set your password, and then choose another yourself.',
    ],
    [
      'a new password by somebody independent, where only the password was the requester’s',
      [
        [registered, bea],
        [podCreated, bea],
        [managed, bea],
        [password, ada],
      ],
      'confirm your account; or let such an administrator set your password. If there is none,',
    ],
  ])('is told that it takes %s', (_name, history, words) =>
    expect(given(...history).whenItIsFor(ada)).toMatchObject({
      reason: expect.stringContaining(words) as string,
    }),
  )

  it.each<[string, Line[]]>([
    ['once', [[password, me]]],
    [
      'however often',
      [
        [password, me],
        [password, me],
        [password, me],
      ],
    ],
    [
      'before and after the requester has set it',
      [
        [password, me],
        [password, ada],
        [password, me],
      ],
    ],
  ])('can not by a password of their own in the place of one that the requester knew: %s', (_name, more) =>
    expect(
      given([registered, ada], [podCreated, ada], [managed, ada], ...more).whenItIsFor(ada),
    ).toMatchObject({ allowed: false }),
  )

  it('can approve again once they have set a password of their own, in the place of one that the requester never knew', () =>
    expect(
      given(
        [registered, bea],
        [podCreated, ada],
        [promoted, ada],
        [managed, ada],
        [password, me],
      ).whenItIsFor(ada),
    ).toEqual({ allowed: true }))

  it('can approve again once somebody independent has set their password, and they another after it', () => {
    const log: Line[] = [
      [registered, ada],
      [podCreated, ada],
      [managed, ada],
      [password, bea],
    ]
    expect(given(...log).standingFor(ada)).toEqual(['event-0', 'event-2'])
    expect(given(...log, [password, me]).whenItIsFor(ada)).toEqual({ allowed: true })
  })

  it('can not when their own password came before the pod', () =>
    expect(
      given([registered, ada], [podCreated, bea], [password, me], [managed, ada]).whenItIsFor(ada),
    ).toMatchObject({ allowed: false }))

  it('can approve again once another administrator has confirmed all of it, with the password that they have set', () =>
    expect(
      given(
        [registered, ada],
        [podCreated, ada],
        [managed, ada],
        [password, me],
        [confirmed(4), bea],
      ).whenItIsFor(ada),
    ).toEqual({ allowed: true }))

  it.each<[string, Line[]]>([
    ['the requester’s own confirmation', [[confirmed(4), ada]]],
    ['a confirmation by the account itself', [[confirmed(4), me]]],
    ['a confirmation of what was seen before', [[confirmed(3), bea]]],
    [
      'a confirmation of the future',
      [
        [confirmed(99), bea],
        [promoted, ada],
      ],
    ],
    [
      'a confirmation before the next gift',
      [
        [confirmed(4), bea],
        [promoted, ada],
      ],
    ],
    [
      'a confirmation before the requester sets the password again',
      [
        [confirmed(4), bea],
        [password, ada],
        [password, me],
      ],
    ],
  ])('can not by %s', (_name, more) =>
    expect(
      given([registered, ada], [podCreated, ada], [managed, ada], [password, me], ...more).whenItIsFor(ada),
    ).toMatchObject({ allowed: false }),
  )

  it('can not by any confirmation while the password is the one that the requester has set', () => {
    const log = given([registered, ada], [podCreated, ada], [managed, ada], [confirmed(3), bea])
    expect(log.standingFor(ada)).toEqual(['event-0'])
    expect(log.whenItIsFor(ada)).toMatchObject({
      reason: expect.stringMatching(
        /^You cannot approve requests of Ada, who set your password \(/,
      ) as string,
    })
  })

  it('is not burdened by what the system gave, such as the first administrator’s account', () =>
    expect(given([registered, system], [podCreated, system], [managed, system]).whenItIsFor(ada)).toEqual({
      allowed: true,
    }))

  it('is not burdened by a gift that another has replaced', () =>
    expect(
      given([registered, system], [podCreated, bea], [deputised, ada], [managed, bea]).whenItIsFor(ada),
    ).toEqual({ allowed: true }))
})

describe('an account that goes back to the requester over others', () => {
  const byBea: Line[] = [
    [account(bea), ada, bea],
    [registered, bea],
    [podCreated, bea],
    [managed, bea],
  ]

  it('cannot approve, and is told over whom', () =>
    expect(given(...byBea).whenItIsFor(ada)).toEqual({
      allowed: false,
      code: 'forbidden',
      reason:
        'You cannot approve requests of Ada: Bea, who gave you this account (UserRegistered, 2026-11-23 14:01 UTC), ' +
        'gave you your role (UserRegistered, 2026-11-23 14:01 UTC), set your password (UserRegistered, 2026-11-23 14:01 UTC) ' +
        'and made you manager of the pod (PodManagerAssigned, 2026-11-23 14:03 UTC), was given their account by Ada ' +
        '(UserRegistered, 2026-11-23 14:00 UTC). Whoever set a password knows it, and can replace it as you: choose another, and then ' +
        'let an administrator whose own account does not go back to Ada confirm your account; or let such an administrator set your ' +
        'password, and then choose another yourself. If there is none, whoever runs the installation makes one: ' +
        'BOOTSTRAP_ADMIN_EMAIL with an address that nobody has yet, at the next start.',
    }))

  it('names the events about the others too', () => {
    const log = given(...byBea)
    expect(log.standingFor(ada)).toEqual(['event-1', 'event-0', 'event-3'])
    expect(log.standingFor(dana)).toEqual([])
    expect(log.standingFor(bea)).toEqual(['event-1', 'event-3'])
  })

  it('is told of what the requester gave and of what others gave apart', () =>
    expect(given(...byBea, [password, ada]).whenItIsFor(ada)).toMatchObject({
      reason: expect.stringMatching(
        /^You cannot approve requests of Ada, who set your password \(UserPasswordChanged, [^)]*\); Bea, who gave you this account .*, was given their account by Ada \(.*\)\. Whoever set/,
      ) as string,
    }))

  it.each<[string, Line[], string[]]>([
    [
      'over two others',
      [
        [account(bea), ada, bea],
        [account(cleo), bea, cleo],
        [registered, cleo],
      ],
      ['event-2', 'event-1', 'event-0'],
    ],
    [
      'over the password of another administrator',
      [
        [account(bea), system, bea],
        [password, ada, bea],
        [registered, bea],
      ],
      ['event-2', 'event-1'],
    ],
    [
      'over the role of another administrator',
      [
        [account(bea), system, bea],
        [promoted, ada, bea],
        [registered, bea],
      ],
      ['event-2', 'event-1'],
    ],
    [
      'by the pod alone',
      [
        [account(bea), ada, bea],
        [registered, system],
        [podCreated, system],
        [deputised, bea],
      ],
      ['event-3', 'event-0'],
    ],
    [
      'although the one between has a password of their own: whoever gave the first one can set it',
      [
        [account(bea), ada, bea],
        [password, bea, bea],
        [registered, bea],
      ],
      ['event-2', 'event-0'],
    ],
    [
      'although the one between was confirmed later: what they gave before was given then',
      [
        [account(bea), ada, bea],
        [registered, bea],
        [confirmed(1), cleo, bea],
      ],
      ['event-1', 'event-0'],
    ],
    [
      'although they have a password of their own: whoever gave the first one can have set it',
      [...byBea, [password, me]],
      ['event-1', 'event-0', 'event-3'],
    ],
    [
      'although the one between was confirmed: the requester still knew their password',
      [
        [account(bea), ada, bea],
        [confirmed(1), cleo, bea],
        [registered, bea],
      ],
      ['event-2', 'event-0'],
    ],
    [
      'although the one between has confirmed it',
      [
        [account(bea), ada, bea],
        [registered, ada],
        [confirmed(2), bea],
      ],
      ['event-1'],
    ],
    [
      'although two who both go back to the requester have confirmed each other',
      [
        [account(bea), ada, bea],
        [account(cleo), ada, cleo],
        [confirmed(2), cleo, bea],
        [confirmed(2), bea, cleo],
        [registered, ada],
        [confirmed(5), bea],
        [confirmed(5), cleo],
      ],
      ['event-4'],
    ],
    [
      'in a circle',
      [
        [account(bea), ada, bea],
        [account(cleo), bea, cleo],
        [password, cleo, bea],
        [registered, bea],
      ],
      ['event-3', 'event-0'],
    ],
  ])('cannot approve: %s', (_name, history, standing) =>
    expect(given(...history).standingFor(ada)).toEqual(standing),
  )

  it.each<[string, Line[]]>([
    [
      'once somebody independent has confirmed it with a password of their own',
      [...byBea, [password, me], [confirmed(5), cleo]],
    ],
    [
      'once somebody independent has set their password, and they another after it',
      [...byBea, [password, cleo], [password, me]],
    ],
    [
      'when the one between had been confirmed by somebody independent before',
      [
        [account(bea), ada, bea],
        [password, bea, bea],
        [confirmed(2), cleo, bea],
        [registered, bea],
      ],
    ],
    [
      'when the one between came to depend on the requester later',
      [
        [account(bea), system, bea],
        [registered, bea],
        [password, ada, bea],
      ],
    ],
    [
      'when the confirmation came before its giver depended on the requester',
      [
        [account(bea), system, bea],
        [registered, ada],
        [password, me],
        [confirmed(3), bea],
        [password, ada, bea],
      ],
    ],
    [
      'when somebody independent has given the password of the one between anew, and all else',
      [
        [account(bea), system, bea],
        [password, ada, bea],
        [password, cleo, bea],
        [registered, bea],
      ],
    ],
  ])('can approve %s', (_name, history) => expect(given(...history).standingFor(ada)).toEqual([]))

  it('counts as the requester’s when nobody knows its giver', () => {
    const log = given([registered, bea], [podCreated, system], [managed, system])
    expect(log.standingFor(dana)).toEqual([])
    expect(log.standingFor(dana, nobodyKnown)).toEqual(['event-0'])
  })
})

describe('confirming an account', () => {
  it('says up to which position the account was seen', () =>
    expect(decideUser(grace, { type: 'ConfirmUser', confirmerId: ada.id, asOf: '7' })).toEqual([
      { type: 'UserConfirmed', data: { asOf: '7' } },
    ]))

  it('changes nothing when more was confirmed already', () => {
    const earlier: Deed = { kind: 'confirmation', by: ada.id, asOf: '7', position: '8' }
    const known = { ...grace, identity: { ...grace.identity, deeds: [earlier] } }
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
