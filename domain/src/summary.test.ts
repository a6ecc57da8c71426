import { describe, expect, test } from 'vitest'
import { eventSchemas, type Actor, type DomainEvent } from '@sre-portal/contracts'
import { duration, mentionedIn, personOf, rowsInWords, summaryOf, type Names } from './summary.ts'

const id = '6f0f6a4e-0d49-4c1c-8a55-1b4e3f5a9c01'
const sha256 = 'a'.repeat(64)
const grace: Actor = { kind: 'user', id, name: 'Grace Park', role: 'MANAGER' }
const executor: Actor = { kind: 'service', name: 'executor' }
const names: Names = { user: () => 'Dana Levi', request: () => '#12' }
const nobody: Names = { user: () => null, request: () => null }
const error = {
  code: '42P01',
  message: 'relation "orders" does not exist',
  detail: null,
  hint: null,
  position: 1,
  line: null,
  column: null,
  stack: null,
}
const outcome = {
  executionId: id,
  resultId: id,
  resultSha256: sha256,
  statementCount: 1,
  storedRows: 412,
  affectedRows: 0,
  cutBy: null,
  durationMs: 218,
  recovered: false,
}
const submitted: (DomainEvent & { type: 'RequestSubmitted' })['data'] = {
  requestId: id,
  requesterId: id,
  podId: 'payments',
  instanceId: id,
  instanceRevision: 0,
  engine: 'postgresql',
  database: 'orders',
  kind: 'query',
  content: 'select 1',
  contentHash: sha256,
  fileName: null,
  transactionMode: 'single',
  comment: 'why',
  ticket: null,
  limits: { timeMs: 1, maxRows: 1, maxResultBytes: 1, maxLogBytes: 1, maxStatements: 1 },
  resubmissionOf: null,
}
const statement = {
  executionId: id,
  ordinal: 2,
  text: 'x',
  textSha256: sha256,
  parameters: null,
  rowCount: 1,
  affectedRows: null,
  durationMs: 3400,
  error: null,
}
const stopped = {
  executionId: id,
  effects: 'rolled-back' as const,
  resultId: null,
  resultSha256: null,
  cancelledBy: id,
}
const settings = {
  name: 'prod-eu',
  environment: 'production' as const,
  endpoint: { kind: 'host' as const, host: 'h', port: 1, tls: true },
  databases: ['orders'],
  username: 'u',
}
const tested = { testId: id, reachable: true, serverVersion: 'PostgreSQL 18.4', message: 'ok', durationMs: 9 }
const session = { userId: id, sessionId: id }

const sentences: [DomainEvent, Actor, string][] = [
  [
    { type: 'RequestSubmitted', data: submitted },
    grace,
    'Submitted by Grace Park: a query on the database orders',
  ],
  [
    { type: 'RequestSubmitted', data: { ...submitted, kind: 'script', fileName: 'fix.js' } },
    grace,
    'Submitted by Grace Park: the script fix.js on the database orders',
  ],
  [
    { type: 'RequestApproved', data: { contentHash: sha256, instanceRevision: 0 } },
    grace,
    'Approved by Grace Park',
  ],
  [{ type: 'RequestRejected', data: { reason: 'Too wide.' } }, grace, 'Rejected by Grace Park: Too wide.'],
  [{ type: 'RequestWithdrawn', data: {} }, grace, 'Withdrawn by Grace Park'],
  [{ type: 'CancellationRequested', data: { executionId: id } }, grace, 'Grace Park asked to stop the run'],
  [
    { type: 'RequestCancelled', data: { ...stopped, executionId: null, effects: 'none' } },
    grace,
    'Cancelled by Grace Park before it ran',
  ],
  [
    { type: 'RequestCancelled', data: stopped },
    executor,
    'Stopped while it ran, as Dana Levi asked: what it changed was rolled back',
  ],
  [
    {
      type: 'ExecutionStarted',
      data: {
        executionId: id,
        executorId: 'e',
        contentHash: sha256,
        instanceRevision: 0,
        approvalEventId: id,
      },
    },
    executor,
    'Claimed and started by the executor',
  ],
  [
    { type: 'TransactionOpened', data: { executionId: id, transactionId: '7' } },
    executor,
    'Transaction opened on the target',
  ],
  [
    { type: 'StatementExecuted', data: { ...statement, affectedRows: 0 } },
    executor,
    'Statement 3: 1 row in 3.4 s',
  ],
  [
    { type: 'StatementExecuted', data: { ...statement, affectedRows: null } },
    executor,
    'Statement 3: 1 row, changed rows not known in 3.4 s',
  ],
  [
    { type: 'StatementExecuted', data: { ...statement, affectedRows: 2, outcome: 'rolled-back' } },
    executor,
    'Statement 3: 2 rows changed in 3.4 s, rolled back',
  ],
  [
    { type: 'StatementExecuted', data: { ...statement, error: { ...error, code: 'EXECUTOR_LOST' } } },
    executor,
    'Statement 3: not known what became of it',
  ],
  [
    { type: 'StatementExecuted', data: { ...statement, error } },
    executor,
    'Statement 3 failed: relation "orders" does not exist',
  ],
  [{ type: 'RequestExecuted', data: outcome }, executor, 'Executed: 412 rows in 218 ms'],
  [
    { type: 'RequestExecuted', data: { ...outcome, affectedRows: 3, cutBy: 'rows', recovered: true } },
    executor,
    'Executed: 3 rows changed in 218 ms, cut by rows, found out afterwards',
  ],
  [
    { type: 'RequestFailed', data: { ...outcome, error, effects: 'partial' } },
    executor,
    'Failed: relation "orders" does not exist (something may have been kept)',
  ],
  [
    { type: 'ExecutionOutcomeUnknown', data: { executionId: id, reason: 'It died.', transactionId: null } },
    executor,
    'Outcome unknown: It died.',
  ],
  [
    { type: 'ExecutionOutcomeSettled', data: { executionId: id, outcome: 'FAILED', reason: 'I looked.' } },
    grace,
    'Settled as FAILED by Grace Park: I looked.',
  ],
  [
    { type: 'UserRegistered', data: { userId: id, email: 'd@e', name: 'Dana', role: 'ADMIN', demo: false } },
    { kind: 'service', name: 'bootstrap' },
    'Dana registered as ADMIN by the bootstrap',
  ],
  [{ type: 'UserRenamed', data: { name: 'Dora' } }, grace, 'Renamed to Dora by Grace Park'],
  [{ type: 'UserRoleChanged', data: { role: 'ADMIN' } }, grace, 'Role changed to ADMIN by Grace Park'],
  [{ type: 'UserPasswordChanged', data: {} }, grace, 'Password changed by Grace Park'],
  [
    { type: 'UserConfirmed', data: { asOf: '7' } },
    grace,
    'Account, role, password and pods confirmed by Grace Park',
  ],
  [{ type: 'UserDeactivated', data: {} }, grace, 'Deactivated by Grace Park'],
  [{ type: 'UserReactivated', data: {} }, grace, 'Reactivated by Grace Park'],
  [
    { type: 'PodCreated', data: { podId: 'p', name: 'Payments' } },
    grace,
    'Pod Payments created by Grace Park',
  ],
  [{ type: 'PodRenamed', data: { name: 'Pay' } }, grace, 'Renamed to Pay by Grace Park'],
  [{ type: 'PodManagerAssigned', data: { userId: id } }, grace, 'Dana Levi made manager by Grace Park'],
  [{ type: 'PodDeputyAdded', data: { userId: id } }, grace, 'Dana Levi made deputy by Grace Park'],
  [{ type: 'PodDeputyRemoved', data: { userId: id } }, grace, 'Dana Levi is no longer deputy, by Grace Park'],
  [
    { type: 'InstanceRegistered', data: { ...settings, instanceId: id, engine: 'mongodb' } },
    grace,
    'Instance prod-eu (mongodb, production) registered by Grace Park',
  ],
  [{ type: 'InstanceChanged', data: settings }, grace, 'Settings changed by Grace Park'],
  [{ type: 'InstanceCredentialsRotated', data: { keyId: 'k' } }, grace, 'Password set by Grace Park'],
  [{ type: 'InstanceSecretResealed', data: { keyId: 'k2' } }, executor, 'Password sealed anew by the key k2'],
  [
    { type: 'InstanceSecretRefused', data: { reason: 'changed', keyId: 'k1' } },
    executor,
    'The stored password was not used: it was changed, or sealed for another place',
  ],
  [
    { type: 'InstanceSecretRefused', data: { reason: 'unknown-key', keyId: 'k1' } },
    executor,
    'The stored password was not used: its key k1 is not configured',
  ],
  [{ type: 'InstanceRetired', data: {} }, grace, 'Retired by Grace Park'],
  [{ type: 'InstanceTestRequested', data: { testId: id } }, grace, 'Connection test asked for by Grace Park'],
  [{ type: 'InstanceTested', data: tested }, executor, 'Reachable in 9 ms: PostgreSQL 18.4'],
  [
    { type: 'InstanceTested', data: { ...tested, reachable: false, message: 'refused' } },
    executor,
    'Not reachable: refused',
  ],
  [{ type: 'UserLoggedIn', data: session }, grace, 'Grace Park signed in'],
  [
    { type: 'LoginRefused', data: { reason: 'wrong-password' } },
    { kind: 'anonymous' },
    'Sign-in refused: wrong password',
  ],
  [
    { type: 'LoginRefused', data: { reason: 'password-not-stored' } },
    { kind: 'anonymous' },
    'Sign-in refused: the last password that was set is lost; an administrator has to set a new one',
  ],
  [
    { type: 'LoginThrottled', data: { scope: 'account', retryAfterSeconds: 60 } },
    { kind: 'anonymous' },
    'Sign-in throttled: too many attempts at this account',
  ],
  [
    { type: 'LoginThrottled', data: { scope: 'address', retryAfterSeconds: 60 } },
    { kind: 'anonymous' },
    'Sign-in throttled: too many attempts from this address',
  ],
  [{ type: 'UserLoggedOut', data: session }, grace, 'Grace Park signed out'],
  [{ type: 'SessionEnded', data: session }, grace, 'Grace Park ended another session of their own'],
  [
    { type: 'SessionEnded', data: { ...session, userId: '0d9f7ee4-9a4b-4a3c-8d8e-0f6f0e0b1c11' } },
    grace,
    'Grace Park ended a session of Dana Levi',
  ],
  [
    { type: 'RefreshTokenReused', data: session },
    grace,
    'A refresh token was used a second time, so its session was ended',
  ],
  [
    { type: 'ResultViewed', data: { userId: id, requestId: id, resultId: id } },
    grace,
    'Grace Park viewed the result of #12',
  ],
  [
    { type: 'ApprovalVoided', data: { approvalEventId: id, reason: 'Payments was changed.' } },
    executor,
    'Approval void: Payments was changed.',
  ],
  [
    { type: 'ApprovalRefused', data: { reason: 'You cannot.', standing: [id] } },
    grace,
    'Approval by Grace Park refused: the requester controls this account',
  ],
  [{ type: 'DirectoryOpened', data: {} }, executor, 'Directory of names and administrators opened'],
  [{ type: 'AdministratorAdded', data: { userId: id } }, grace, 'Dana Levi counts as an administrator'],
  [
    { type: 'AdministratorRemoved', data: { userId: id } },
    grace,
    'Dana Levi no longer counts as an administrator',
  ],
  [
    { type: 'InstanceNameClaimed', data: { name: 'prod-eu', instanceId: id } },
    grace,
    'Name prod-eu taken for an instance',
  ],
  [
    { type: 'ParkedWorkReplayRequested', data: { parked: 1 } },
    grace,
    'Grace Park asked to deliver 1 piece of parked work again',
  ],
  [
    { type: 'ParkedWorkReplayed', data: { parked: 1_200 } },
    grace,
    '1,200 pieces of parked work put back, to be delivered again, for Grace Park',
  ],
]

describe('the summary of an event', () => {
  test.each(sentences.map(([event, actor, sentence]) => ({ event, actor, sentence })))(
    '$event.type: $sentence',
    ({ event, actor, sentence }) => {
      expect(summaryOf({ ...event, actor }, names)).toBe(sentence)
      expect(summaryOf({ ...event, actor }, nobody)).not.toMatch(/null|undefined|[0-9a-f]{8}-/)
    },
  )

  test('is tested for every event there is', () => {
    expect(new Set(sentences.map(([{ type }]) => type))).toEqual(new Set(Object.keys(eventSchemas)))
  })

  test('asks for the names of exactly those whom it mentions', () => {
    const mentioned = (event: DomainEvent, actor: Actor) => mentionedIn({ ...event, actor })
    expect(mentioned({ type: 'PodDeputyAdded', data: { userId: id } }, grace)).toEqual({
      users: [id],
      requests: [],
    })
    expect(
      mentioned({ type: 'ResultViewed', data: { userId: id, requestId: id, resultId: id } }, grace),
    ).toEqual({
      users: [],
      requests: [id],
    })
    expect(mentioned({ type: 'RequestCancelled', data: stopped }, executor).users).toEqual([id])
    expect(mentioned({ type: 'RequestWithdrawn', data: {} }, grace)).toEqual({ users: [], requests: [] })
  })
})

test('an actor named in passing has a name, and a user their id', () => {
  expect(personOf(grace)).toEqual({ id, name: 'Grace Park' })
  expect(personOf(executor)).toEqual({ id: 'service', name: 'the executor' })
  expect(personOf({ kind: 'anonymous' })).toEqual({ id: 'anonymous', name: 'somebody unknown' })
})

test('amounts are written as people write them', () => {
  expect(rowsInWords(0, 0)).toBe('0 rows')
  expect(rowsInWords(48_211, 0)).toBe('48,211 rows')
  expect(rowsInWords(5, 1)).toBe('1 row changed')
  expect(rowsInWords(5, null)).toBe('5 rows, changed rows not known')
  expect(duration(0.4)).toBe('0 ms')
  expect(duration(999)).toBe('999 ms')
  expect(duration(30_000)).toBe('30.0 s')
})
