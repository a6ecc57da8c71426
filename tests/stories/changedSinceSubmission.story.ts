import { instanceListSchema, requestDetailSchema } from '@sre-portal/contracts'
import { makeAccount } from './support/accounts.ts'
import type { Api } from './support/api.ts'
import { expect, test } from './support/portal.ts'
import { decision, detail, statusOf, submit } from './support/requests.ts'
import { unique } from './support/unique.ts'

/** An instance of this story's own, beside the demonstration's replica. */
async function makeInstance(admin: Api): Promise<{ id: string; name: string }> {
  const { items } = await admin.get('/api/instances?q=demo-replica', instanceListSchema)
  const endpoint = items.find(({ name }) => name === 'demo-replica')?.connection?.endpoint
  const name = unique('moving').replace(' ', '-')
  const { id } = await admin.send('POST', '/api/instances', {
    name,
    engine: 'postgresql',
    environment: 'staging',
    endpoint,
    databases: ['demo'],
    username: 'demo_ro',
    password: 'not asked for in this story',
  })
  return { id, name }
}

test('a manager is told that the instance became production after the submission; it is rejected and submitted again', async ({
  portal,
}) => {
  const [admin, developer, manager] = [
    await portal.api('admin'),
    await portal.api('developer'),
    await portal.api('manager'),
  ]
  const instance = await makeInstance(admin)
  const title = unique('Asked for staging')
  const { id, position } = await developer.send('POST', '/api/requests', {
    kind: 'query',
    instanceId: instance.id,
    database: 'demo',
    podId: 'aviation',
    content: 'select 1',
    comment: title,
  })
  const request = await developer.get(`/api/requests/${id}?minPosition=${position}`, requestDetailSchema)

  const page = await portal.open('manager', `/requests/${id}`)
  const run = decision(page).getByRole('button', { name: 'Approve and run' })
  await expect(run).toBeEnabled()
  await admin.send('PATCH', `/api/instances/${instance.id}`, { environment: 'production' })
  const reason = `${instance.name} was staging when this request was submitted and is production now; it has to be submitted again.`
  await expect(run).toBeDisabled()
  await expect(run).toHaveAccessibleDescription(reason)
  await expect(decision(page)).toContainText(reason)
  const { status, problem } = await manager.refused('POST', `/api/requests/${id}/approve`, {
    contentHash: request.contentHash,
  })
  expect([status, problem.code, problem.detail]).toEqual([409, 'conflict', reason])

  await decision(page).getByRole('button', { name: 'Reject' }).click()
  const dialog = page.getByRole('dialog', { name: 'Reject this request?' })
  await dialog.getByLabel('Reason').fill('This is production now; please submit it again.')
  await dialog.getByRole('button', { name: 'Reject' }).click()
  await expect(statusOf(page)).toHaveText('Rejected')

  const theirs = await portal.open('developer', `/requests/${id}`)
  await decision(theirs).getByRole('link', { name: 'Submit again' }).click()
  await expect(theirs.getByRole('heading', { level: 1 })).toHaveText(`Submit #${request.number} again`)
  await expect(theirs.getByLabel('Instance', { exact: true })).toContainText(instance.name)
  await theirs.getByRole('textbox', { name: 'SQL query' }).press('Control+Enter')
  await expect(statusOf(theirs)).toHaveText('Pending')
  const again = new URL(theirs.url()).pathname
  expect((await detail(developer, again.split('/').at(-1) ?? '')).resubmissionOf).toBe(id)
  await page.goto(portal.address + again)
  await expect(run).toBeEnabled()
  await run.click()
  await expect(page.getByRole('dialog')).toContainText('This is production')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
})

test('an open page tells a manager that the requester was deactivated, and lets them approve once the account is back', async ({
  portal,
}) => {
  const [admin, manager] = [await portal.api('admin'), await portal.api('manager')]
  const account = await makeAccount(admin, 'DEVELOPER', 'Lea')
  const request = await submit(await portal.api(account), {
    content: 'select 7 as seven',
    comment: unique('From somebody who leaves'),
  })
  const page = await portal.open('manager', `/requests/${request.id}`)
  const run = decision(page).getByRole('button', { name: 'Approve and run' })
  await expect(run).toBeEnabled()

  await admin.send('PATCH', `/api/users/${account.id}`, { active: false })
  const reason = `The account of ${account.name}, who submitted this request, is deactivated; it can be approved once an administrator has reactivated the account. Rejecting stays possible.`
  await expect(run).toBeDisabled()
  await expect(run).toHaveAccessibleDescription(reason)
  await expect(decision(page).getByRole('button', { name: 'Reject' })).toBeEnabled()
  const { status, problem } = await manager.refused('POST', `/api/requests/${request.id}/approve`, {
    contentHash: request.contentHash,
  })
  expect([status, problem.code, problem.detail]).toEqual([409, 'conflict', reason])

  await admin.send('PATCH', `/api/users/${account.id}`, { active: true })
  await expect(run).toBeEnabled()
  await run.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve and run' }).click()
  await expect(statusOf(page)).toHaveText('Executed')
})

test('a dialog that was open when the instance was retired tells so, and nothing runs', async ({
  portal,
}) => {
  const [admin, developer] = [await portal.api('admin'), await portal.api('developer')]
  const instance = await makeInstance(admin)
  const { id, position } = await developer.send('POST', '/api/requests', {
    kind: 'query',
    instanceId: instance.id,
    database: 'demo',
    podId: 'aviation',
    content: 'select 2',
    comment: unique('For an instance that goes'),
  })
  await developer.get(`/api/requests/${id}?minPosition=${position}`, requestDetailSchema)
  const page = await portal.open('manager', `/requests/${id}`)
  await decision(page).getByRole('button', { name: 'Approve and run' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: 'Approve and run' })).toBeEnabled()
  await admin.send('PATCH', `/api/instances/${instance.id}`, { retired: true })
  const reason = `The instance ${instance.name} was retired after this request was submitted; it has to be submitted again for another one.`
  await dialog.getByRole('button', { name: 'Approve and run' }).click()
  await expect(dialog).toContainText(reason)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(decision(page)).toContainText(reason)
  expect((await detail(developer, id)).status).toBe('PENDING')
})
