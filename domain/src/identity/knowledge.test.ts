import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Deed, Grant } from './identity.ts'
import type { Lineage } from './lineage.ts'
import { standingAgainst, standingInWords } from './standing.ts'

// Who knows which password, played beside the rule. Ada is the requester; she acts as every account whose password she knows.
const requester = 'ada'
const approvers = ['pavel', 'petra'] as const
const accounts = [requester, 'bea', 'dina', ...approvers] as const
type Account = (typeof accounts)[number]

/** What somebody tries: the hand is Ada's, or that of the person whose account it is. */
const step = fc.record({
  what: fc.constantFrom(
    ...(['account', 'role', 'password', 'deputy', 'own-password', 'own-password', 'confirmation'] as const),
  ),
  to: fc.constantFrom(...accounts, ...approvers),
  as: fc.constantFrom<Account | null>(...accounts, ...accounts, null),
  isAdasHand: fc.boolean(),
  back: fc.nat(6),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface Password {
  knownToAda: boolean
  knownToPerson: boolean
  /** Set from within the account, by Ada's hand. */
  isAdasOwn: boolean
}

/** A world in which only what can be done is done, and independent people do not lie about whose password it is. */
function play(steps: readonly Step[]) {
  const passwords = new Map<Account, Password>(
    accounts.map((id) => [id, { knownToAda: id === requester, knownToPerson: true, isAdasOwn: false }]),
  )
  const deeds = new Map<Account, Deed[]>(accounts.map((id) => [id, []]))
  const since: Map<Account, Password>[] = [new Map(passwords)]
  const passwordOf = (id: Account, at?: number) =>
    (at === undefined ? passwords : since[at])?.get(id) ?? {
      knownToAda: true,
      knownToPerson: true,
      isAdasOwn: true,
    }
  const canActAs = (id: Account, isAda: boolean) =>
    id === requester || (isAda ? passwordOf(id).knownToAda : passwordOf(id).knownToPerson)

  steps.forEach(({ what, to, as, isAdasHand, back }, index) => {
    const position = index + 1
    const isAda = isAdasHand || as === requester
    const add = (deed: Deed) => deeds.get(to)?.push(deed)
    const give = (kind: Grant['kind']) => add(grantOf(kind, as, position))
    if (what === 'own-password') {
      const isAdaWithin = isAdasHand || to === requester
      if (canActAs(to, isAdaWithin)) {
        passwords.set(to, { knownToAda: isAdaWithin, knownToPerson: !isAdaWithin, isAdasOwn: isAdaWithin })
        add({ kind: 'own-password', position: String(position) })
      }
    } else if (as !== to && (as === null || canActAs(as, isAda))) {
      const knownToAda = as !== null && isAda
      const asOf = Math.max(0, position - 1 - back)
      if (what === 'confirmation') {
        // Who answers for an account has asked its person whether the password of that moment is theirs. Nothing else is asked for.
        if (as !== null && (isAda || !passwordOf(to, asOf).isAdasOwn))
          add({ kind: what, by: as, asOf: String(asOf), position: String(position) })
      } else {
        give(what)
        if (what === 'account') give('password')
        if (what === 'account' || what === 'password')
          passwords.set(to, {
            knownToAda: knownToAda || to === requester,
            knownToPerson: true,
            isAdasOwn: false,
          })
      }
    }
    since.push(new Map(passwords))
  })
  const lineage: Lineage = new Map([...deeds].map(([id, done]) => [id, { deeds: done }]))
  const deciding = (id: Account) => ({ id, identity: { deeds: deeds.get(id) ?? [] }, membership: null })
  return {
    lineage,
    isKnownToAda: (id: Account) => passwordOf(id).knownToAda,
    isRefused: (id: Account) => standingAgainst(deciding(id), requester, lineage).length > 0,
    wordsFor: (id: Account) => standingInWords(standingAgainst(deciding(id), requester, lineage), requester),
  }
}

const grantOf = (kind: Grant['kind'], by: string | null, position: number): Grant => ({
  kind,
  type: 'UserRegistered',
  by,
  byName: by ?? 'the system',
  eventId: `event-${position}`,
  position: String(position),
  at: '2026-11-23T14:00:00.000Z',
})

const worlds = fc.array(step, { maxLength: 30 })
const numRuns = 3_000
const next = (what: Step['what'], to: Account, as: Account | null, isAdasHand = false): Step => ({
  ...{ what, to, as, isAdasHand },
  back: 0,
})

it('no account approves whose password the requester knows, whatever was done to all of them', () =>
  fc.assert(
    fc.property(worlds, (steps) => {
      const world = play(steps)
      for (const id of approvers) if (world.isKnownToAda(id)) expect(world.isRefused(id)).toBe(true)
    }),
    { numRuns },
  ))

it('whoever is refused stays so, whatever the requester does alone by all accounts that they can act as', () =>
  fc.assert(
    fc.property(worlds, fc.array(step, { maxLength: 12 }), (steps, more) => {
      const byAda = more.filter(({ as }) => as !== null).map((one) => ({ ...one, isAdasHand: true }))
      const [before, after] = [play(steps), play([...steps, ...byAda])]
      for (const id of approvers) if (before.isRefused(id)) expect(after.isRefused(id)).toBe(true)
    }),
    { numRuns },
  ))

it('whoever is refused can approve after what the refusal says, and not after less', () =>
  fc.assert(
    fc.property(worlds, fc.constantFrom(...approvers), (steps, id) => {
      const world = play(steps)
      fc.pre(world.isRefused(id))
      const words = world.wordsFor(id)
      // Somebody whom the installation made, and nobody has touched.
      const zoe = 'zoe'
      const then = (...more: ('own' | 'confirm' | 'anew')[]) => {
        const end = steps.length + 1
        const added = more.map((one, index): Deed => {
          const position = String(end + index)
          if (one === 'own') return { kind: 'own-password', position }
          if (one === 'anew') return grantOf('password', zoe, end + index)
          return { kind: 'confirmation', by: zoe, asOf: String(end + index - 1), position }
        })
        const lineage = new Map([...world.lineage, [zoe, { deeds: [] }] as const])
        const deeds = [...(world.lineage.get(id)?.deeds ?? []), ...added]
        return standingAgainst({ id, identity: { deeds }, membership: null }, requester, lineage).length === 0
      }
      const isOwnEnough = /\. Set a password of your own, or/.test(words)
      expect(then('own')).toBe(isOwnEnough)
      expect(then('confirm')).toBe(!/choose another, and then let/.test(words))
      expect(then('own', 'confirm')).toBe(true)
      expect(then('anew', 'own')).toBe(true)
      if (!isOwnEnough) expect(then('anew')).toBe(!/set your password, and then choose another/.test(words))
    }),
    { numRuns: 300 },
  ))

it('an account that was made, entered and given a password by the same person stays theirs, over any chain', () => {
  const asAda = (to: Account, as: Account = 'ada') => [
    next('account', to, as, true),
    next('own-password', to, null, true),
  ]
  const world = play([...asAda('bea'), ...asAda('dina', 'bea'), ...asAda('pavel', 'dina'), ...asAda('petra')])
  for (const id of approvers) expect([world.isKnownToAda(id), world.isRefused(id)]).toEqual([true, true])
})

it.each<[string, Step[], boolean]>([
  ['a password of the person alone', [next('own-password', 'pavel', null)], true],
  [
    'a confirmation alone: the requester still knows the password',
    [next('confirmation', 'pavel', 'dina')],
    true,
  ],
  [
    'a password of the person before somebody independent confirms',
    [next('own-password', 'pavel', null), next('confirmation', 'pavel', 'dina')],
    false,
  ],
  [
    'a password of the person after the confirmation: it replaced one that the requester knew',
    [next('confirmation', 'pavel', 'dina'), next('own-password', 'pavel', null)],
    true,
  ],
  [
    'a new password by somebody independent: role and place still stand',
    [next('password', 'pavel', 'dina')],
    true,
  ],
  [
    'a new password by somebody independent, and the person’s own after it',
    [next('password', 'pavel', 'dina'), next('own-password', 'pavel', null)],
    false,
  ],
  [
    'a new password by somebody whom the requester can act as, and one after it',
    [
      next('account', 'bea', 'ada', true),
      next('password', 'pavel', 'bea'),
      next('own-password', 'pavel', null),
    ],
    true,
  ],
])('after %s', (_name, more, isRefused) =>
  expect(
    play([next('account', 'pavel', 'ada', true), next('role', 'pavel', 'ada'), ...more]).isRefused('pavel'),
  ).toBe(isRefused),
)
