import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '../content.ts'
import { nobodyKnown } from '../identity/lineage.ts'
import {
  ada,
  dana,
  dmitri,
  executionId,
  grace,
  orders,
  otto,
  pavel,
  payments,
  query,
  stored,
  submission,
  unknown,
} from '../testing/sample.ts'
import { DomainError } from '../domainError.ts'
import { decideClaim } from './decideExecution.ts'
import { decideRequest, type RequestCommand } from './decideRequest.ts'
import { foldRequest, type EnvelopedRequestEvent } from './request.ts'

const asRead = {
  requester: dana,
  submittedEnvironment: 'production' as const,
  approverRevision: 0,
  podRevision: 1,
  lineage: nobodyKnown,
}
const commands: RequestCommand[] = [
  submission,
  {
    type: 'ApproveRequest',
    pod: payments,
    instance: orders,
    contentHash: contentHashOf(query),
    ...asRead,
  },
  {
    type: 'ApproveRequest',
    pod: payments,
    instance: orders,
    contentHash: contentHashOf('other'),
    ...asRead,
  },
  { type: 'RejectRequest', pod: payments, reason: 'No, not like this.' },
  { type: 'WithdrawRequest', pod: payments },
  { type: 'CancelRequest', pod: payments },
  { type: 'SettleRequest', pod: payments, outcome: 'FAILED', reason: 'Looked it up.' },
]
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      by: fc.constantFrom(dana, dmitri, grace, pavel, otto, ada),
      command: fc.constantFrom(...commands),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom('claim' as const, 'lose' as const) },
)
const decisions = new Set(['RequestApproved', 'RequestRejected', 'RequestWithdrawn'])

it('whatever people and executors try, in any order, the invariants hold', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const history: EnvelopedRequestEvent[] = []
      for (const one of steps) {
        const state = foldRequest(history)
        let events: RequestEvent[] = []
        let by = grace
        if (one === 'claim') {
          const approvalEventId = state?.approval?.eventId ?? executionId
          const claim = decideClaim(state, { executionId, executorId: 'executor-1', approvalEventId })
          if (claim.kind === 'run') events = [claim.event]
        } else if (one === 'lose') {
          if (state?.status === 'EXECUTING') events = [unknown]
        } else {
          by = one.by
          try {
            events = decideRequest(state, by, one.command)
          } catch (error) {
            if (!(error instanceof DomainError)) throw error
          }
        }
        for (const event of events) history.push(stored(event, history.length % 10, by))
      }
      const types = history.map(({ type }) => type)
      expect(types.filter((type) => decisions.has(type)).length).toBeLessThanOrEqual(1)
      expect(types.filter((type) => type === 'ExecutionStarted').length).toBeLessThanOrEqual(1)
      const start = types.indexOf('ExecutionStarted')
      if (start >= 0) {
        expect(types.slice(0, start)).toContain('RequestApproved')
        expect(types.slice(0, start)).not.toContain('RequestCancelled')
        const approval = history.find(({ type }) => type === 'RequestApproved')
        expect([grace.id, pavel.id]).toContain(approval?.actor.kind === 'user' && approval.actor.id)
        expect(approval?.actor).not.toMatchObject({ id: foldRequest(history)?.requesterId })
      }
    }),
    { numRuns: 2_000 },
  )
})
