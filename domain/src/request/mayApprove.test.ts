import fc from 'fast-check'
import { expect, it } from 'vitest'
import { contentHashOf } from '../content.ts'
import { DomainError } from '../domainError.ts'
import { nobodyKnown } from '../identity/lineage.ts'
import {
  ada,
  after,
  approved,
  dana,
  grace,
  orders,
  otto,
  pavel,
  payments,
  query,
  submitted,
} from '../testing/sample.ts'
import type { Verdict } from '../verdict.ts'
import { decideRequest, inQuestion } from './decideRequest.ts'
import { mayApprove } from './mayApprove.ts'

const environment = fc.constantFrom('production' as const, 'staging' as const, 'development' as const)
const instance = fc.record({
  name: fc.constantFrom('orders@prod', 'orders-eu'),
  environment,
  databases: fc.subarray(['orders', 'stock']),
  retired: fc.boolean(),
  connectionRevision: fc.nat(1),
})
const requester = fc.record({ name: fc.constant('Dana'), active: fc.boolean() })

it('answers the button and the command alike, whatever became of person, target and requester', () => {
  let yes = 0
  fc.assert(
    fc.property(
      fc.constantFrom(dana, grace, pavel, otto, ada, { ...grace, active: false }),
      fc.constantFrom(payments, payments, payments, null),
      fc.option(instance, { freq: 9 }),
      fc.option(requester, { freq: 9 }),
      fc.option(environment),
      fc.constantFrom([submitted], [submitted, approved]),
      (person, pod, target, asker, submittedEnvironment, history) => {
        const request = after(...history)
        if (!request) throw new Error('no request')
        const now = target && { ...orders, ...target }
        const button = mayApprove(person, inQuestion(request), pod, nobodyKnown, {
          submitted: { ...request, environment: submittedEnvironment },
          instance: target,
          requester: asker,
        })
        let command: Verdict = { allowed: true }
        try {
          decideRequest(request, person, {
            type: 'ApproveRequest',
            pod,
            instance: now,
            requester: asker,
            submittedEnvironment,
            contentHash: contentHashOf(query),
            approverRevision: 0,
            podRevision: 0,
            lineage: nobodyKnown,
          })
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          command = { allowed: false, code: error.code, reason: error.message }
        }
        expect(command).toEqual(button)
        if (button.allowed) yes++
      },
    ),
    { numRuns: 5_000 },
  )
  expect(yes).toBeGreaterThan(0)
})
