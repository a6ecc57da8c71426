import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { prepareEventStore } from '@sre-portal/infra/prepareEventStore.ts'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import {
  createExecutorGroup,
  executorGroup,
  parkedWork,
  replayParkedWork,
} from '@sre-portal/platform/executorGroup'
import { historyWriter } from '@sre-portal/platform/testing/historyWriter'
import { userKeepingNode } from '../setup/userKeepingNode.ts'
import { all, failure } from './support.ts'

const adminPassword = 'of-admin: 100% @/ ?'
const password = 'of the portal: 100% @/ ?'
let node: Awaited<ReturnType<typeof userKeepingNode>>
const stores: EventStore[] = []
beforeAll(async () => {
  node = await userKeepingNode(adminPassword)
  const admin = connectEventStore(node.addressOf('admin', adminPassword))
  const acl = { readRoles: ['$admins', 'auditor'], metaReadRoles: ['auditor'] }
  await admin.client.setStreamMetadata('$all', { acl })
  await admin.close()
})
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  node.asked.length = 0
})
afterAll(() => node.close())

const as = (name: string, secret = password) => {
  const store = connectEventStore(node.addressOf(name, secret))
  stores.push(store)
  return store
}
const prepare = (name: string, isOperator = false, admin = node.addressOf('admin', adminPassword)) =>
  all(prepareEventStore(admin, { name, password, isOperator }))

describe('Preparing a node that keeps users', () => {
  it('makes the user, by the call that the documentation names, and what it needs to work', async () => {
    expect(await as('portal').trouble()).toMatch(/refused the user name "portal" or its password/)
    expect(await prepare('portal')).toEqual([
      'The user portal is created.',
      'portal may read $all now.',
      'The group executors on $all is made.',
    ])
    expect(node.asked).toEqual([
      {
        method: 'POST',
        path: '/users/',
        contentType: 'application/json',
        body: { loginName: 'portal', fullName: 'SRE Portal', groups: [], password },
      },
    ])

    const portal = as('portal')
    expect(await portal.trouble()).toBeNull()
    const { id } = await historyWriter(portal).user('Dana', 'DEVELOPER')
    expect(await portal.readStream(`user-${id}`)).toHaveLength(1)
    const subscription = portal.client.subscribeToPersistentSubscriptionToAll(executorGroup)
    await once(subscription, 'confirmation')
    await subscription.unsubscribe()
  })

  it('gives no more than that: groups are made, and parked work is replayed, by operators', async () => {
    await prepare('plain')
    const plain = as('plain')
    expect(await failure(createExecutorGroup(plain.client))).toMatchObject({ type: 'access-denied' })
    expect((await failure(replayParkedWork(plain.client))).message).toMatch(/needs membership of \$ops/)
    await prepare('operator', true)
    const operator = as('operator')
    expect(await operator.trouble()).toBeNull()
    expect(await parkedWork(operator.client)).toBe(0)
    await replayParkedWork(operator.client)
    expect(node.asked.map(({ body }) => (body as { groups: string[] }).groups)).toEqual([[], ['$ops']])
    // The lists that were there before stay.
    const { metadata } = await as('admin', adminPassword).client.getStreamMetadata('$all')
    expect(metadata?.acl).toEqual({
      readRoles: expect.arrayContaining(['$admins', 'auditor', 'plain', 'operator']) as string[],
      metaReadRoles: ['auditor'],
    })
  })

  it('changes nothing when it is repeated', async () => {
    const name = `portal-${randomUUID()}`
    await prepare(name)
    expect(await prepare(name, true)).toEqual([
      `The user ${name} is there already; password and groups stay as they are.`,
      `${name} may read $all already.`,
      'The group executors on $all is there already.',
    ])
    expect((await failure(replayParkedWork(as(name).client))).message).toMatch(/needs membership of \$ops/)
  })

  it.each([
    ['a wrong password', 'admin', 'wrong'],
    ['somebody who is no administrator', 'ops', 'of-ops'],
    ['the portal’s own user', 'portal', password],
  ])('makes nothing as %s', async (_who, name, secret) => {
    const refused = await failure(prepare('late', false, node.addressOf(name, secret)))
    expect(refused.message).toBe(
      "The server refuses the administrator's credentials (HTTP 401); no user is created.",
    )
    expect(await as('late').trouble()).toMatch(/refused the user name "late"/)
  })
})
