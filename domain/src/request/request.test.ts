import { describe, expect, it } from 'vitest'
import type { RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '../content.ts'
import { nobodyKnown } from '../identity/lineage.ts'
import { DomainError } from '../domainError.ts'
import {
  ada,
  after,
  approved,
  dana,
  executionId,
  grace,
  orders,
  otto,
  pavel,
  payments,
  query,
  started,
  submission,
  submitted,
  unknown,
} from '../testing/sample.ts'
import type { User } from '../user/user.ts'
import { decideClaim, refusalToRun } from './decideExecution.ts'
import { decideRequest, type RequestCommand } from './decideRequest.ts'

const given = (...history: RequestEvent[]) => ({
  when: (by: User, command: RequestCommand) => {
    const decide = () => decideRequest(after(...history), by, command)
    return {
      then: (...events: RequestEvent[]) => expect(decide()).toEqual(events),
      refused: (code: string, message: RegExp) => {
        let caught: unknown
        try {
          decide()
        } catch (error) {
          caught = error
        }
        expect(caught).toBeInstanceOf(DomainError)
        expect(caught).toMatchObject({ code, message: expect.stringMatching(message) as string })
      },
    }
  },
})

const approve: RequestCommand & { type: 'ApproveRequest' } = {
  type: 'ApproveRequest',
  pod: payments,
  instance: orders,
  requester: dana,
  submittedEnvironment: 'production',
  contentHash: contentHashOf(query),
  approverRevision: 2,
  podRevision: 5,
  lineage: nobodyKnown,
}
/** The approval names the revisions that the right to it was read from. */
const approvedAsRead: RequestEvent = {
  type: 'RequestApproved',
  data: {
    contentHash: contentHashOf(query),
    instanceRevision: 0,
    environment: 'production',
    approverRevision: 2,
    podRevision: 5,
  },
}
const reject: RequestCommand = { type: 'RejectRequest', pod: payments, reason: 'Not in business hours.' }
const withdraw: RequestCommand = { type: 'WithdrawRequest', pod: payments }
const cancel: RequestCommand = { type: 'CancelRequest', pod: payments }
const settle: RequestCommand = {
  type: 'SettleRequest',
  pod: payments,
  outcome: 'EXECUTED',
  reason: 'Seen in the table.',
}

describe('submitting', () => {
  it('keeps what was asked, with the hash of the content and the connection that was seen', () =>
    given().when(dana, submission).then(submitted))

  it.each([
    ['an unknown pod', { pod: null }, /no such pod/],
    ['an unknown instance', { instance: null }, /no such instance/],
    ['a retired instance', { instance: { ...orders, retired: true } }, /retired/],
    [
      'a database that the instance does not have',
      { database: 'billing' },
      /no database "billing"; it has orders/,
    ],
  ])('refuses %s', (_name, change, message) =>
    given()
      .when(dana, { ...submission, ...change })
      .refused('unprocessable', message),
  )

  it('refuses an empty query', () =>
    given()
      .when(dana, { ...submission, content: ' \n' })
      .refused('invalid', /query is empty/))

  it('refuses the same id twice', () =>
    given(submitted)
      .when(dana, submission)
      .refused('conflict', /exists already/))

  it('refuses a deactivated account', () =>
    given()
      .when({ ...dana, active: false }, submission)
      .refused('unauthenticated', /deactivated/))
})

describe('approving', () => {
  it('binds the approval to the content and the connection', () =>
    given(submitted).when(grace, approve).then(approvedAsRead))

  it('is open to a deputy', () => given(submitted).when(pavel, approve).then(approvedAsRead))

  it('refuses another content than the one submitted', () =>
    given(submitted)
      .when(grace, { ...approve, contentHash: contentHashOf('drop table orders') })
      .refused('conflict', /content hash differs/))

  it('refuses when the connection was changed meanwhile', () =>
    given(submitted)
      .when(grace, { ...approve, instance: { ...orders, connectionRevision: 4 } })
      .refused('conflict', /was changed after this request was submitted/))

  it('refuses when the instance was retired meanwhile', () =>
    given(submitted)
      .when(grace, { ...approve, instance: { ...orders, retired: true } })
      .refused('conflict', /orders@prod was retired .* submitted again for another one/))

  it.each([
    [
      'another environment',
      { instance: { ...orders, environment: 'development' } },
      /^orders@prod was production when this request was submitted and is development now; it has to be submitted again\.$/,
    ],
    [
      'a database that is no longer offered',
      { instance: { ...orders, databases: ['stock'] } },
      /^orders@prod no longer offers the database "orders"; it has to be submitted again for another one, or/,
    ],
    ['no instance', { instance: null }, /instance of this request is not known/],
    [
      'a deactivated requester',
      { requester: { ...dana, active: false } },
      /^The account of Dana, who submitted this request, is deactivated; .* reactivated the account\. Rejecting stays possible\.$/,
    ],
    ['an unknown requester', { requester: null }, /account of the requester is not known/],
  ] as const)('refuses for %s', (_name, change, message) =>
    given(submitted)
      .when(grace, { ...approve, ...change } as RequestCommand)
      .refused('conflict', message),
  )

  it.each([
    ['another name', { instance: { ...orders, name: 'orders-eu@prod' } }],
    ['one more database', { instance: { ...orders, databases: ['stock', 'orders'] } }],
    ['a renamed requester', { requester: { name: 'Dana L.', active: true } }],
    ['a log that does not tell what the environment was', { submittedEnvironment: null }],
  ])('is not hindered by %s', (_name, change) =>
    given(submitted)
      .when(grace, { ...approve, ...change })
      .then(approvedAsRead),
  )

  it('leaves rejecting and withdrawing open, whatever became of the target', () => {
    given(submitted)
      .when(grace, reject)
      .then({ type: 'RequestRejected', data: { reason: 'Not in business hours.' } })
    given(submitted).when(dana, withdraw).then({ type: 'RequestWithdrawn', data: {} })
  })

  it('refuses a second decision and names the first', () =>
    given(submitted, approved)
      .when(pavel, approve)
      .refused('conflict', /^Already approved by Grace at 14:01 UTC\.$/))

  it('refuses a request that does not exist', () =>
    given()
      .when(grace, approve)
      .refused('not_found', /no such request/))
})

describe('rejecting', () => {
  it('keeps the reason', () =>
    given(submitted)
      .when(grace, reject)
      .then({ type: 'RequestRejected', data: { reason: 'Not in business hours.' } }))

  it('is open to an administrator', () =>
    given(submitted)
      .when(ada, reject)
      .then({ type: 'RequestRejected', data: { reason: 'Not in business hours.' } }))

  it('hides the request from the manager of another pod', () =>
    given(submitted)
      .when(otto, reject)
      .refused('not_found', /no such request/))
})

describe('withdrawing and cancelling', () => {
  it('lets the requester withdraw while it is pending', () =>
    given(submitted).when(dana, withdraw).then({ type: 'RequestWithdrawn', data: {} }))

  it('refuses to withdraw after the decision', () =>
    given(submitted, approved)
      .when(dana, withdraw)
      .refused('conflict', /Already approved/))

  it('cancels at once what no executor has claimed', () =>
    given(submitted, approved)
      .when(dana, cancel)
      .then({
        type: 'RequestCancelled',
        data: {
          executionId: null,
          effects: 'none',
          resultId: null,
          resultSha256: null,
          cancelledBy: dana.id,
        },
      }))

  it('asks the executor while it runs', () =>
    given(submitted, approved, started)
      .when(grace, cancel)
      .then({ type: 'CancellationRequested', data: { executionId } }))

  it('does not ask twice', () =>
    given(submitted, approved, started, { type: 'CancellationRequested', data: { executionId } })
      .when(dana, cancel)
      .refused('conflict', /already asked for/))

  it('refuses a deputy who did not approve it', () =>
    given(submitted, approved, started)
      .when(pavel, cancel)
      .refused('forbidden', /Only the requester/))
})

describe('settling an unknown outcome', () => {
  it('keeps who said so and why', () =>
    given(submitted, approved, started, unknown)
      .when(pavel, settle)
      .then({
        type: 'ExecutionOutcomeSettled',
        data: { executionId, outcome: 'EXECUTED', reason: 'Seen in the table.' },
      }))

  it('is not for the requester', () =>
    given(submitted, approved, started, unknown)
      .when(dana, settle)
      .refused('forbidden', /Only a manager/))

  it('refuses an outcome that is known', () =>
    given(submitted, approved, started)
      .when(grace, settle)
      .refused('conflict', /Only an UNKNOWN outcome/))
})

describe('claiming', () => {
  const claim = {
    executionId,
    executorId: 'executor-1',
    approvalEventId: '00000000-0000-4000-8000-000000000e01',
  }

  it('starts an approved request once', () => {
    expect(decideClaim(after(submitted, approved), claim)).toEqual({ kind: 'run', event: started })
    expect(decideClaim(after(submitted, approved, started), claim)).toEqual({
      kind: 'leave',
      reason: `execution ${executionId} has claimed it`,
    })
  })

  it.each([
    ['pending', [submitted], 'it is PENDING'],
    ['withdrawn', [submitted, { type: 'RequestWithdrawn', data: {} }], 'it is WITHDRAWN'],
  ] as const)('leaves what is %s', (_name, history, reason) =>
    expect(decideClaim(after(...(history as readonly RequestEvent[])), claim)).toEqual({
      kind: 'leave',
      reason,
    }),
  )

  it('leaves another approval than the one it was told of', () =>
    expect(decideClaim(after(submitted, approved), { ...claim, approvalEventId: executionId })).toEqual({
      kind: 'leave',
      reason: 'it was another approval',
    }))

  it('runs only what was approved, where it was approved', () => {
    const request = after(submitted, approved, started)
    if (!request) throw new Error('no request')
    expect(refusalToRun(request, orders)).toBeNull()
    expect(refusalToRun({ ...request, content: 'drop table orders' }, orders)).toMatch(/SHA-256 differs/)
    expect(refusalToRun(request, null)).toMatch(/does not exist/)
    expect(refusalToRun(request, { ...orders, retired: true })).toMatch(/retired after the approval/)
    expect(refusalToRun(request, { ...orders, connectionRevision: 1 })).toMatch(/changed after the approval/)
    expect(refusalToRun(request, { ...orders, databases: ['other'] })).toMatch(/no longer offers/)
    const asDevelopment = { ...request.approval, environment: 'development' } as typeof request.approval
    expect(refusalToRun({ ...request, approval: asDevelopment }, orders)).toBe(
      'orders@prod was development when this was approved and is production now.',
    )
  })
})

it('an execution event before its start is an impossible history', () =>
  expect(() => after(submitted, unknown)).toThrow('before ExecutionStarted'))
