import { expect, test } from './support/portal.ts'
import { approve, decision, detail, finished, occupyExecutor, statusOf, submit } from './support/requests.ts'
import { unique } from './support/unique.ts'

test('a requester withdraws what nobody has decided yet', async ({ portal }) => {
  const developer = await portal.api('developer')
  const request = await submit(developer, { content: 'select 1', comment: unique('I changed my mind') })
  const manager = await portal.open('manager', `/requests/${request.id}`)
  const page = await portal.open('developer', `/requests/${request.id}`)
  await decision(page).getByRole('button', { name: 'Withdraw' }).click()
  const dialog = page.getByRole('dialog', { name: 'Withdraw this request?' })
  await expect(dialog).toContainText('Nothing will run.')
  await dialog.getByRole('button', { name: 'Withdraw' }).click()
  await expect(statusOf(page)).toHaveText('Withdrawn')
  await expect(decision(page)).toContainText('Withdrawn by Devi Rao. It will not run.')

  await expect(statusOf(manager)).toHaveText('Withdrawn')
  await expect(decision(manager).getByRole('button', { name: 'Approve and run' })).toHaveCount(0)
  const { status, problem } = await (
    await portal.api('manager')
  ).refused('POST', `/api/requests/${request.id}/approve`, { contentHash: request.contentHash })
  expect([status, problem.code]).toEqual([409, 'conflict'])
})

test('a running query is stopped on the server, and the outcome says by whom', async ({ portal }) => {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const request = await submit(developer, {
    content: 'select pg_sleep(25)',
    comment: unique('A long nap'),
  })
  const page = await portal.open('developer', `/requests/${request.id}`)
  const watching = await portal.open('manager', `/requests/${request.id}`)
  await approve(manager, request)
  await expect(statusOf(page)).toHaveText('Executing')
  await expect(page.getByRole('region', { name: 'Progress' })).toContainText('It is stopped after 30 s.')
  await decision(page).getByRole('button', { name: 'Stop the run' }).click()
  const dialog = page.getByRole('dialog', { name: 'Stop this run?' })
  await expect(dialog).toContainText('The statement is cancelled on the server.')
  const startedAt = Date.now()
  await dialog.getByRole('button', { name: 'Stop the run' }).click()
  await expect(statusOf(page)).toHaveText('Cancelled')
  expect(Date.now() - startedAt, 'stopped long before the query would have ended').toBeLessThan(15_000)

  for (const each of [page, watching]) {
    await expect(statusOf(each)).toHaveText('Cancelled')
    await expect(decision(each)).toContainText('Stopped by Devi Rao while it ran.')
    await expect(each.getByRole('region', { name: 'What has happened' })).toContainText(
      /Stopped[\d:\s]+by Devi Rao/,
    )
  }
  await page.getByRole('link', { name: 'History' }).click()
  const events = page.getByRole('list', { name: 'Events' }).getByRole('listitem')
  await expect(events.filter({ hasText: 'CancellationRequested' })).toContainText('Devi Rao')
  await expect(events.last()).toContainText('RequestCancelled')
  const { status, execution } = await finished(developer, request.id)
  expect([status, execution?.cancellationRequestedBy?.name]).toEqual(['CANCELLED', 'Devi Rao'])
})

test('an approved request that still waits for the executor is cancelled before it runs', async ({
  portal,
}) => {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const request = await submit(developer, { content: 'select 1', comment: unique('Not today after all') })
  const free = await occupyExecutor(developer, manager, await portal.api('deputy'))
  await approve(manager, request)
  const page = await portal.open('manager', `/requests/${request.id}`)
  await expect(statusOf(page)).toHaveText('Approved')
  await decision(page).getByRole('button', { name: 'Cancel before it runs' }).click()
  await page
    .getByRole('dialog', { name: 'Cancel this request?' })
    .getByRole('button', { name: 'Cancel the request' })
    .click()
  await expect(statusOf(page)).toHaveText('Cancelled')
  await expect(decision(page)).toContainText('Cancelled by Mara Lindqvist before it ran.')
  await free()
  expect((await detail(developer, request.id)).execution).toBeNull()
})
