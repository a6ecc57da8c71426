import { auditListSchema, historySchema } from '@sre-portal/contracts'
import { expect, test } from './support/portal.ts'
import { decision, statusOf, submit, submitAndRun } from './support/requests.ts'
import { unique } from './support/unique.ts'

const life = ['RequestSubmitted', 'RequestApproved', 'ExecutionStarted', 'RequestExecuted']

test('the admin reads in the audit log who did what and when, and opens a request at that event', async ({
  portal,
}) => {
  const [developer, manager, admin] = [
    await portal.api('developer'),
    await portal.api('manager'),
    await portal.api('admin'),
  ]
  const request = await submitAndRun(developer, manager, {
    content: 'select count(*) from movies',
    comment: unique('How many movies are there?'),
  })
  const { items } = await admin.get(`/api/audit?subjectId=${request.id}`, auditListSchema)
  const types = items.map(({ type }) => type).reverse()
  expect(types.filter((type) => type !== 'TransactionOpened')).toEqual(life)
  expect(items.find(({ type }) => type === 'RequestApproved')?.actor).toMatchObject({
    kind: 'user',
    name: 'Mara Lindqvist',
    role: 'MANAGER',
  })

  const page = await portal.open('admin', `/audit?subjectId=${request.id}`)
  const log = page.getByRole('grid', { name: 'Audit log' })
  const row = (type: string) => log.getByRole('row').filter({ hasText: type })
  await expect(row('RequestSubmitted')).toContainText('Devi Rao')
  await expect(row('RequestApproved')).toContainText('demo-replica (staging) · Approved by Mara Lindqvist')
  await expect(row('ExecutionStarted')).toContainText('executor')
  await expect(row('RequestExecuted')).toContainText(`#${request.number}`)
  await expect(row('RequestApproved')).toContainText(/\d{1,2} \w+ \d{4},? \d\d:\d\d:\d\d/)
  await row('RequestApproved').getByRole('gridcell').nth(2).click()
  const panel = page.getByRole('dialog')
  await expect(panel).toContainText('Role then')
  await expect(panel).toContainText('MANAGER')
  await expect(panel.getByRole('textbox', { name: 'Raw event' })).toContainText(request.contentHash)
  await panel.getByRole('link', { name: `Open #${request.number} at this event` }).click()
  await expect(page.getByRole('heading', { level: 2, name: /approved/i })).toBeVisible()
  await expect(page).toHaveURL(/tab=history/)
})

test('a history is replayed event by event, with the state after each', async ({ portal }) => {
  const [developer, manager, admin] = [
    await portal.api('developer'),
    await portal.api('manager'),
    await portal.api('admin'),
  ]
  const request = await submitAndRun(developer, manager, {
    content: 'select title from movies order by imdb_votes desc nulls last limit 1',
    comment: unique('The best known movie'),
  })
  const { steps } = await admin.get(`/api/requests/${request.id}/history`, historySchema)
  expect(steps.map(({ revision }) => revision)).toEqual(steps.map((_, index) => index))

  const page = await portal.open('admin', `/requests/${request.id}?tab=history`)
  const slider = page.getByRole('slider', { name: 'Event' })
  const state = page.getByRole('region', { name: 'The request after this event' })
  const status = state.locator('[data-status]')
  const last = steps.length
  await expect(slider).toHaveValue(String(last))
  await expect(status).toHaveText('Executed')

  await page.getByRole('button', { name: 'First event' }).click()
  await expect(status).toHaveText('Pending')
  await expect(page).toHaveURL(/step=1$/)
  await expect(state.getByRole('row', { name: /^content changed/ })).toContainText(request.contentHash)
  await expect(page.getByRole('button', { name: 'Previous event' })).toBeDisabled()
  await page.getByRole('button', { name: 'Next event' }).press('ArrowRight')
  await expect(status).toHaveText('Approved')
  await expect(state.getByRole('row', { name: /^status changed/ })).toBeVisible()
  await expect(slider).toHaveAttribute('aria-valuetext', new RegExp(`^Event 2 of ${last}: .*Mara Lindqvist`))
  await slider.focus()
  await slider.press('ArrowRight')
  await expect(status).toHaveText('Executing')
  await slider.press('Home')
  await expect(status).toHaveText('Pending')
  await slider.press('End')
  await expect(status).toHaveText('Executed')
  const events = page.getByRole('list', { name: 'Events' }).getByRole('button')
  await expect(events).toHaveCount(last)
  await events.filter({ hasText: 'ExecutionStarted' }).click()
  await expect(status).toHaveText('Executing')
  await page.getByRole('button', { name: 'Raw event', exact: true }).click()
  await expect(page.getByRole('textbox', { name: 'Data of the event' })).toContainText('executor-1')
  await page.reload()
  await expect(status).toHaveText('Executing')
})

test('an admin sees and may reject every request, and can approve none', async ({ portal }) => {
  const developer = await portal.api('developer')
  const request = await submit(developer, {
    pod: 'cinema',
    content: 'select 1',
    comment: unique('Of the other pod'),
  })
  const page = await portal.open('admin', `/requests/${request.id}`)
  const approve = decision(page).getByRole('button', { name: 'Approve and run' })
  await expect(approve).toBeDisabled()
  await expect(approve).toHaveAccessibleDescription(/admin/i)
  const { status, problem } = await (
    await portal.api('admin')
  ).refused('POST', `/api/requests/${request.id}/approve`, { contentHash: request.contentHash })
  expect([status, problem.code]).toEqual([403, 'forbidden'])
  await decision(page).getByRole('button', { name: 'Reject' }).click()
  const dialog = page.getByRole('dialog', { name: 'Reject this request?' })
  await dialog.getByLabel('Reason').fill('Outside of what we do on Fridays.')
  await dialog.getByRole('button', { name: 'Reject', exact: true }).click()
  await expect(statusOf(page)).toHaveText('Rejected')
})
