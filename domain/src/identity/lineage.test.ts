import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Deed, Grant } from './identity.ts'
import { goingBackTo, type DeedTo, type Lineage } from './lineage.ts'

const people = ['ada', 'bea', 'cleo', 'dina', 'emma'] as const
const approver = 'pavel'
const requester = 'ada'

const grants: Grant['kind'][] = ['account', 'role', 'password']
const step = fc.record({
  kind: fc.constantFrom<Deed['kind']>(...grants, 'confirmation', 'confirmation', 'own-password'),
  to: fc.constantFrom(...people, approver, approver),
  by: fc.constantFrom<string | null>(...people, approver, null),
  back: fc.nat(8),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const grant = (kind: Grant['kind'], by: string | null, position: number): Grant => ({
  kind,
  type: 'UserRoleChanged',
  by,
  byName: by ?? 'the system',
  eventId: `event-${position}`,
  position: String(position),
  at: '2026-11-23T14:00:00.000Z',
})

/** Each step at the next position of the log; a service confirms nothing. */
const logOf = (steps: readonly Step[]): DeedTo[] =>
  steps.flatMap(({ kind, to, by, back }, index): DeedTo[] => {
    const position = index + 1
    if (kind === 'own-password') return [{ to, deed: { kind, position: String(position) } }]
    if (kind !== 'confirmation') return [{ to, deed: grant(kind, by, position) }]
    const asOf = String(Math.max(0, position - back))
    return by === null ? [] : [{ to, deed: { kind, by, asOf, position: String(position) } }]
  })

const deedsTo = (log: readonly DeedTo[], id: string) =>
  log.filter(({ to }) => to === id).map(({ deed }) => deed)

const lineageOf = (log: readonly DeedTo[], known: readonly string[] = people): Lineage =>
  new Map(known.map((id) => [id, { deeds: deedsTo(log, id) }]))

const standing = (log: readonly DeedTo[], lineage = lineageOf(log)) =>
  goingBackTo(requester, approver, deedsTo(log, approver), lineage)
    .map((one) => one.grant.eventId)
    .sort()

/** The rule as it is said: what of somebody's account, at a moment, goes back to the requester. Each question is about earlier moments. */
function standingBefore(
  log: readonly DeedTo[],
  id: string,
  moment: number,
  known: readonly string[],
): Grant[] {
  const isDependent = (by: string, at: number): boolean =>
    by === requester ||
    !(known.includes(by) || by === approver) ||
    standingBefore(log, by, at, known).length > 0
  const before = deedsTo(log, id).filter(({ position }) => Number(position) < moment)
  const latestOf = (kind: Grant['kind'], upTo: number) =>
    before.findLast((deed): deed is Grant => deed.kind === kind && Number(deed.position) < upTo)
  /** The position of a grant from which on a confirmation covers it: a password is covered once it was replaced from within. */
  const coveredFrom = ({ kind, position }: Grant) =>
    kind !== 'password'
      ? Number(position)
      : Number(
          before.find((deed) => deed.kind === 'own-password' && Number(deed.position) > Number(position))
            ?.position ?? Infinity,
        )
  const isConfirmed = (given: Grant, upTo: number) =>
    before.some(
      (deed) =>
        deed.kind === 'confirmation' &&
        Number(deed.position) < upTo &&
        Number(deed.position) > Number(given.position) &&
        Number(deed.asOf) >= coveredFrom(given) &&
        deed.by !== id &&
        !isDependent(deed.by, Number(deed.position)),
    )
  const stands = (given: Grant | undefined, upTo: number) =>
    given !== undefined &&
    given.by !== null &&
    isDependent(given.by, Number(given.position)) &&
    !isConfirmed(given, upTo)
  const isLiftedByOwn = (given: Grant) =>
    id === approver &&
    before.some(
      (deed) =>
        deed.kind === 'own-password' &&
        Number(deed.position) > Number(given.position) &&
        !stands(latestOf('password', Number(deed.position)), Number(deed.position)),
    )
  return grants.flatMap((kind) => {
    const latest = latestOf(kind, Infinity)
    return latest && stands(latest, Infinity) && !isLiftedByOwn(latest) ? [latest] : []
  })
}

const logs = fc.array(step, { maxLength: 25 }).map(logOf)

it('is what the rule says, whatever people have given to and confirmed of each other', () =>
  fc.assert(
    fc.property(logs, fc.subarray([...people]), (log, known) => {
      const expected = standingBefore(log, approver, Infinity, known).map(({ eventId }) => eventId)
      expect(standing(log, lineageOf(log, known))).toEqual(expected.sort())
    }),
    { numRuns: 500 },
  ))

it('does not depend on the order in which people are known', () =>
  fc.assert(
    fc.property(logs, (log) => {
      const backwards = new Map([...lineageOf(log)].reverse())
      expect(standing(log, backwards)).toEqual(standing(log))
    }),
  ))

it('is nothing for somebody who has given nothing to anybody', () =>
  fc.assert(
    fc.property(logs, (log) => {
      const others = log.filter(
        ({ deed }) => !('by' in deed) || deed.kind === 'confirmation' || deed.by !== requester,
      )
      expect(standing(others)).toEqual([])
    }),
  ))

it('is not helped by any confirmation of those who go back to the requester', () =>
  fc.assert(
    fc.property(logs, fc.array(fc.constantFrom(...people), { maxLength: 4 }), (log, confirmers) => {
      const end = log.length + 1_000
      const dependent = confirmers.filter(
        (id) => id === requester || standingBefore(log, id, Infinity, people).length > 0,
      )
      const more = dependent.map((by, index): DeedTo => {
        const position = String(end + index)
        return { to: approver, deed: { kind: 'confirmation', by, asOf: position, position } }
      })
      expect(standing([...log, ...more])).toEqual(standing(log))
    }),
  ))

it('ends for every grant at the requester, or at somebody unknown', () =>
  fc.assert(
    fc.property(logs, (log) => {
      for (const one of goingBackTo(requester, approver, deedsTo(log, approver), lineageOf(log))) {
        const positions = []
        let last = one
        for (let link: typeof one | null = one; link; link = link.from) {
          positions.push(Number(link.grant.position))
          last = link
        }
        expect(last.grant.by).toBe(requester)
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => b - a))
      }
    }),
  ))

it('goes through a long log of many people once', () => {
  const chain = Array.from({ length: 20_000 }, (_, index): DeedTo => ({
    to: `admin-${index}`,
    deed: grant('account', index === 0 ? requester : `admin-${index - 1}`, index + 1),
  }))
  const log = [...chain, { to: approver, deed: grant('role', 'admin-19999', 20_001) }]
  const byId = new Map(chain.map(({ to, deed }) => [to, { deeds: [deed] }]))
  const startedAt = performance.now()
  expect(standing(log, byId)).toEqual(['event-20001'])
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
