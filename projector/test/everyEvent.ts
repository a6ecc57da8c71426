import { randomUUID } from 'node:crypto'
import { contentHashOf } from '@sre-portal/domain'
import { as, executor, system, type HistoryWriter } from '@sre-portal/platform/testing/historyWriter'

const failure = {
  code: '42P01',
  message: 'relation "orders" does not exist',
  detail: null,
  hint: null,
  position: 15,
  line: null,
  column: null,
  stack: null,
}
const outcome = {
  resultId: null,
  resultSha256: null,
  statementCount: 1,
  storedRows: 0,
  affectedRows: 0,
  cutBy: null,
  durationMs: 12,
  recovered: false,
}

/** A small company's history in which every event of the product happens. */
export async function everyEvent(write: HistoryWriter) {
  const dana = await write.user('Dana Levi', 'DEVELOPER')
  const grace = await write.user('Grace Park', 'MANAGER')
  const miguel = await write.user('Miguel Sosa', 'MANAGER')
  const ada = await write.user('Ada Root', 'ADMIN')
  const gone = await write.user('Old Name', 'DEVELOPER')
  const user = (id: string, ...events: Parameters<typeof write.append>[3][]) =>
    write.append('user', id, as(ada), ...events)
  await user(
    gone.id,
    { type: 'UserRenamed', data: { name: 'New Name' } },
    { type: 'UserRoleChanged', data: { role: 'MANAGER' } },
    { type: 'UserPasswordChanged', data: {} },
    { type: 'UserDeactivated', data: {} },
    { type: 'UserReactivated', data: {} },
    { type: 'UserConfirmed', data: { asOf: '1' } },
    { type: 'UserDeactivated', data: {} },
  )
  const pod = await write.pod('payments', 'Payments', grace, miguel, gone)
  await write.append(
    'pod',
    pod,
    as(ada),
    { type: 'PodRenamed', data: { name: 'Payments and invoices' } },
    { type: 'PodDeputyRemoved', data: { userId: gone.id } },
  )
  const instance = await write.instance('prod-eu')
  const [test, lateTest] = [randomUUID(), randomUUID()]
  const tested = { reachable: true, serverVersion: 'PostgreSQL 18.4', message: 'ok', durationMs: 9 }
  await write.append(
    'instance',
    instance,
    as(ada),
    {
      type: 'InstanceChanged',
      data: {
        name: 'prod-eu-1',
        environment: 'production',
        endpoint: { kind: 'host', host: 'db2.internal', port: 5433, tls: true },
        databases: ['orders', 'stock'],
        username: 'app_rw',
      },
    },
    { type: 'InstanceSecretResealed', data: { keyId: 'k2' } },
    { type: 'InstanceSecretRefused', data: { reason: 'changed', keyId: 'k2' } },
    { type: 'InstanceTestRequested', data: { testId: lateTest } },
    { type: 'InstanceTestRequested', data: { testId: test } },
    { type: 'InstanceTested', data: { testId: test, ...tested } },
    { type: 'InstanceTested', data: { testId: lateTest, ...tested, reachable: false } },
  )
  const retired = await write.instance('old')
  await write.append('instance', retired, as(ada), { type: 'InstanceRetired', data: {} })

  const session = randomUUID()
  await write.append(
    'access',
    dana.id,
    as(dana),
    { type: 'UserLoggedIn', data: { userId: dana.id, sessionId: session } },
    { type: 'UserLoggedOut', data: { userId: dana.id, sessionId: session } },
    { type: 'SessionEnded', data: { userId: dana.id, sessionId: session } },
    { type: 'RefreshTokenReused', data: { userId: dana.id, sessionId: session } },
  )
  await write.append(
    'access',
    'anonymous',
    { kind: 'anonymous' },
    { type: 'LoginRefused', data: { reason: 'unknown-email' } },
    { type: 'LoginThrottled', data: { scope: 'address', retryAfterSeconds: 60 } },
  )
  await write.append(
    'directory',
    'directory',
    system,
    { type: 'AdministratorAdded', data: { userId: ada.id } },
    { type: 'AdministratorAdded', data: { userId: gone.id } },
    { type: 'AdministratorRemoved', data: { userId: gone.id } },
    { type: 'InstanceNameClaimed', data: { name: 'prod-eu-1', instanceId: instance } },
    { type: 'DirectoryOpened', data: {} },
  )
  await write.append(
    'operations',
    'operations',
    as(ada),
    { type: 'ParkedWorkReplayRequested', data: { parked: 2 } },
    { type: 'ParkedWorkReplayed', data: { parked: 2 } },
  )

  const submit = () => write.submit(dana, pod, instance)
  const executed = await submit()
  await write.approve(executed, grace)
  await write.execute(executed)
  await write.append('access', grace.id, as(grace), {
    type: 'ResultViewed',
    data: { userId: grace.id, requestId: executed, resultId: randomUUID() },
  })

  const started = async () => {
    const request = await submit()
    await write.approve(request, grace)
    const executionId = randomUUID()
    await write.append('request', request, executor, {
      type: 'ExecutionStarted',
      data: {
        executionId,
        executorId: 'executor-1',
        contentHash: contentHashOf('select 1'),
        instanceRevision: 0,
        approvalEventId: randomUUID(),
      },
    })
    return { request, executionId }
  }
  const failed = await started()
  await write.append(
    'request',
    failed.request,
    executor,
    {
      type: 'StatementExecuted',
      data: {
        executionId: failed.executionId,
        ordinal: 0,
        text: 'select * from orders',
        textSha256: contentHashOf('select * from orders'),
        parameters: null,
        rowCount: null,
        affectedRows: null,
        durationMs: 3,
        error: failure,
      },
    },
    {
      type: 'RequestFailed',
      data: { executionId: failed.executionId, ...outcome, error: failure, effects: 'rolled-back' },
    },
  )
  const stopped = await started()
  await write.append('request', stopped.request, as(dana), {
    type: 'CancellationRequested',
    data: { executionId: stopped.executionId },
  })
  await write.append('request', stopped.request, executor, {
    type: 'RequestCancelled',
    data: {
      executionId: stopped.executionId,
      effects: 'rolled-back',
      resultId: null,
      resultSha256: null,
      cancelledBy: dana.id,
    },
  })
  const unknown = await started()
  await write.append('request', unknown.request, system, {
    type: 'ExecutionOutcomeUnknown',
    data: {
      executionId: unknown.executionId,
      reason: 'The executor is gone.',
      transactionId: '99',
      kept: { resultId: randomUUID(), resultSha256: 'ab'.repeat(32), statementCount: 3, storedRows: 5 },
    },
  })
  const settled = await started()
  await write.append('request', settled.request, system, {
    type: 'ExecutionOutcomeUnknown',
    data: { executionId: settled.executionId, reason: 'The executor is gone.', transactionId: null },
  })
  await write.append('request', settled.request, as(miguel), {
    type: 'ExecutionOutcomeSettled',
    data: { executionId: settled.executionId, outcome: 'EXECUTED', reason: 'I looked at the table.' },
  })
  const rejected = await submit()
  await write.append('request', rejected, as(grace), {
    type: 'RequestRejected',
    data: { reason: 'Use the replica for this.' },
  })
  const withdrawn = await submit()
  await write.append('request', withdrawn, as(dana), { type: 'RequestWithdrawn', data: {} })
  const cancelled = await submit()
  await write.approve(cancelled, miguel)
  await write.append('request', cancelled, as(ada), {
    type: 'RequestCancelled',
    data: { executionId: null, effects: 'none', resultId: null, resultSha256: null, cancelledBy: ada.id },
  })
  const voided = await submit()
  await write.append('request', voided, as(miguel), {
    type: 'ApprovalRefused',
    data: { reason: 'You cannot approve requests of Dana Levi.', standing: [randomUUID()] },
  })
  await write.approve(voided, miguel)
  await write.append('request', voided, system, {
    type: 'ApprovalVoided',
    data: { approvalEventId: randomUUID(), reason: 'the pod was changed before the approval was written.' },
  })
  const pending = await write.submit(grace, pod, instance, { comment: 'A manager asks' })
  return {
    people: { dana, grace, miguel, ada, gone },
    pod,
    instance,
    retired,
    requests: {
      executed,
      failed: failed.request,
      stopped: stopped.request,
      unknown: unknown.request,
      settled: settled.request,
      rejected,
      withdrawn,
      cancelled,
      voided,
      pending,
    },
  }
}
