import { expect, test } from './support/portal.ts'
import { decision, finished, statusOf, submit } from './support/requests.ts'
import { unique } from './support/unique.ts'

test("a manager can't approve their own request, is told why, and the deputy can", async ({ portal }) => {
  const manager = await portal.api('manager')
  const title = unique('My own question')
  const request = await submit(manager, { content: 'select 42 as answer', comment: title })

  const own = await portal.open('manager', `/requests/${request.id}`)
  const approveOwn = decision(own).getByRole('button', { name: 'Approve and run' })
  await expect(approveOwn).toBeDisabled()
  await expect(approveOwn).toHaveAccessibleDescription(/you submitted this request/i)
  await expect(decision(own)).toContainText(/Only .*deputy.* can approve|you submitted this request/i)
  await expect(decision(own)).toContainText('Waiting for Jonas Weber.')
  const { status, problem } = await manager.refused('POST', `/api/requests/${request.id}/approve`, {
    contentHash: request.contentHash,
  })
  expect([status, problem.code]).toEqual([403, 'forbidden'])
  await expect(statusOf(own)).toHaveText('Pending')

  const deputy = await portal.open('deputy', '/review')
  await deputy.getByRole('row', { name: title }).click()
  await decision(deputy).getByRole('button', { name: 'Approve and run' }).click()
  await deputy.getByRole('dialog').getByRole('button', { name: 'Approve and run' }).click()
  await expect(statusOf(own)).toHaveText('Executed')
  await expect(decision(own)).toContainText('Approved by Jonas Weber and executed once.')
  const { decision: decided } = await finished(manager, request.id)
  expect(decided).toMatchObject({ kind: 'approved', by: { name: 'Jonas Weber' } })
})

test("the manager's own request is neither in their queue nor among their notifications", async ({
  portal,
}) => {
  const manager = await portal.api('manager')
  const title = unique('Not for my own queue')
  await submit(manager, { content: 'select 1', comment: title })
  const deputy = await portal.open('deputy', '/review')
  await expect(deputy.getByRole('row', { name: title })).toBeVisible()
  const page = await portal.open('manager', '/review')
  await expect(page.getByRole('main')).toContainText('waiting for you, oldest first')
  await expect(page.getByRole('row', { name: title })).toHaveCount(0)
  await page.getByRole('link', { name: /^Notifications/ }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Notifications')
  await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible()
  await expect(page.getByRole('main').getByRole('link', { name: title })).toHaveCount(0)
})

test('of two who decide at once the second is told who was first, and keeps the words', async ({
  portal,
}) => {
  const developer = await portal.api('developer')
  const request = await submit(developer, {
    content: 'select 2 as two',
    comment: unique('Who decides first?'),
  })
  const manager = await portal.open('manager', `/requests/${request.id}`)
  const deputy = await portal.open('deputy', `/requests/${request.id}`)
  await decision(manager).getByRole('button', { name: 'Reject' }).click()
  const rejecting = manager.getByRole('dialog', { name: 'Reject this request?' })
  await rejecting.getByLabel('Reason').fill('I would rather not run this.')

  await decision(deputy).getByRole('button', { name: 'Approve and run' }).click()
  await deputy.getByRole('dialog').getByRole('button', { name: 'Approve and run' }).click()
  await expect(statusOf(deputy)).toHaveText('Executed')

  await expect(rejecting.getByRole('alert')).toContainText(/Already approved by Jonas Weber at \d\d:\d\d/)
  await expect(rejecting.getByRole('button', { name: 'Reject', exact: true })).toBeDisabled()
  await rejecting.getByLabel('Reason').press('Control+Enter')
  await expect(rejecting.getByLabel('Reason')).toHaveValue('I would rather not run this.')
  await rejecting.getByRole('button', { name: 'Cancel' }).click()
  await expect(statusOf(manager)).toHaveText('Executed')
  const { decision: decided } = await finished(developer, request.id)
  expect(decided).toMatchObject({ kind: 'approved', by: { name: 'Jonas Weber' } })
})
