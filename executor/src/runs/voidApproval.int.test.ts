import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { streamName, type DomainEvent } from '@sre-portal/contracts'
import { loadInstance, loadPod, loadRequest, loadUser } from '@sre-portal/platform/aggregates'
import type { Executor } from '../app.ts'
import { ScriptSandbox } from '../sandbox/scriptSandbox.ts'
import { startInProcess } from '../testing/inProcess.ts'
import { manager, requester, TestPortal, type Submitted } from '../testing/portal.ts'

let portal: TestPortal
let executor: Executor
let sandbox: ScriptSandbox
beforeAll(async () => {
  sandbox = new ScriptSandbox({ jitless: true })
  portal = await TestPortal.open()
  executor = await startInProcess(portal, { sandbox })
})
afterAll(async () => {
  await executor.stop()
  await sandbox.close()
  await portal.close()
})
beforeEach(async () => {
  await portal.target.query('drop table if exists counter; create table counter (n int)')
  const port = Number(portal.targetUrl.port)
  await portal.registerPostgres({ host: portal.targetUrl.hostname, port }, portal.targetLogin)
})

const patience = { timeout: 60_000, interval: 20 }
const submit = () => portal.submitted({ content: 'insert into counter values (1)' })
const inserted = async () => (await portal.target.query('select from counter')).rowCount
const typesOf = async (requestId: string) => (await portal.events(requestId)).map(({ type }) => type)
const becomes = (requestId: string, last: string) =>
  expect.poll(async () => (await typesOf(requestId)).at(-1), patience).toBe(last)

/** As a program wrote it that did not ask whether it may, at the end of the stream. */
async function approve({ requestId, ...approval }: Submitted, revisions: object): Promise<void> {
  const { revision } = await loadRequest(portal.store, requestId)
  const data = { ...approval, ...revisions }
  await portal.append(
    streamName('request', requestId),
    [{ type: 'RequestApproved', data }],
    revision,
    manager,
  )
}
const versions = {
  'an earlier version, which named no revisions': () => Promise.resolve({}),
  'a version that named them and asked nothing else': async () => ({
    approverRevision: (await loadUser(portal.store, manager)).revision,
    podRevision: (await loadPod(portal.store, 'payments')).revision,
  }),
}

async function changeInstance({ requestId }: Submitted, change: object | 'retire'): Promise<void> {
  const { instanceId } = await portal.request(requestId)
  const { state, revision } = await loadInstance(portal.store, instanceId)
  if (!state) throw new Error('There is no such instance.')
  const { name, environment, endpoint, databases, username } = state
  const event: DomainEvent =
    change === 'retire'
      ? { type: 'InstanceRetired', data: {} }
      : { type: 'InstanceChanged', data: { name, environment, endpoint, databases, username, ...change } }
  await portal.append(streamName('instance', instanceId), [event], revision)
}
async function setActive(type: 'UserDeactivated' | 'UserReactivated'): Promise<void> {
  const { revision } = await loadUser(portal.store, requester)
  await portal.append(streamName('user', requester), [{ type, data: {} }], revision, manager)
}

const circumstances: [string, (submitted: Submitted) => Promise<void>, RegExp][] = [
  [
    'the environment of its instance was changed',
    (submitted) => changeInstance(submitted, { environment: 'development' }),
    /was staging when this request was submitted and is development now; it has to be submitted again\.$/,
  ],
  [
    'its instance was retired',
    (submitted) => changeInstance(submitted, 'retire'),
    /was retired after this request was submitted; it has to be submitted again for another one\.$/,
  ],
  [
    'its instance connects elsewhere',
    (submitted) =>
      changeInstance(submitted, { endpoint: { kind: 'host', host: '127.0.0.2', port: 5432, tls: false } }),
    /^The connection of .* was changed after this request was submitted; it has to be submitted again\.$/,
  ],
  [
    'its database is no longer offered',
    (submitted) => changeInstance(submitted, { databases: ['another'] }),
    /no longer offers the database .*; it has to be submitted again for another one, or an administrator has to offer it again\.$/,
  ],
  [
    'its requester was deactivated',
    () => setActive('UserDeactivated'),
    /^The account of Dana, who submitted this request, is deactivated; it can be approved once an administrator has reactivated the account\./,
  ],
]

describe.each(Object.entries(versions))('an approval of %s', (_version, revisions) => {
  test.each(circumstances)('is void where %s before, and nothing runs', async (_what, change, reason) => {
    const submitted = await submit()
    await change(submitted)
    await approve(submitted, await revisions())
    await becomes(submitted.requestId, 'ApprovalVoided')
    expect(await typesOf(submitted.requestId)).toEqual([
      'RequestSubmitted',
      'RequestApproved',
      'ApprovalVoided',
    ])
    const voided = (await portal.events(submitted.requestId)).at(-1)
    expect(voided?.type === 'ApprovalVoided' && voided.data.reason).toMatch(reason)
    expect(voided?.actor).toEqual({ kind: 'service', name: 'executor' })
    expect([(await portal.request(submitted.requestId)).status, await inserted()]).toEqual(['PENDING', 0])
    if ((await loadUser(portal.store, requester)).state?.active) return
    await setActive('UserReactivated')
    await approve(submitted, await revisions())
    await becomes(submitted.requestId, 'RequestExecuted')
    expect(await inserted()).toBe(1)
  })

  test('counts where the requester was deactivated after it', async () => {
    const submitted = await submit()
    await approve(submitted, await revisions())
    await setActive('UserDeactivated')
    await becomes(submitted.requestId, 'RequestExecuted')
    expect(await inserted()).toBe(1)
    await setActive('UserReactivated')
  })
})
