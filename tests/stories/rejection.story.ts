import { expect, test } from './support/portal.ts'
import { decision, detail, statusOf, submit } from './support/requests.ts'
import { unique } from './support/unique.ts'

test('a rejection needs a reason, reaches the requester, and can be answered by submitting again', async ({
  portal,
}) => {
  const developer = await portal.api('developer')
  const title = unique('Remove the early flights')
  const content = `delete from flights where scheduled_at < '2001-01-02'`
  const request = await submit(developer, { instance: 'demo-primary', content, comment: title })

  const waiting = await portal.open('developer', `/requests/${request.id}`)
  await expect(statusOf(waiting)).toHaveText('Pending')
  const manager = await portal.open('manager', `/requests/${request.id}`)
  await decision(manager).getByRole('button', { name: 'Reject' }).click()
  const dialog = manager.getByRole('dialog', { name: 'Reject this request?' })
  const reason = dialog.getByLabel('Reason')
  await expect(reason).toBeFocused()
  await reason.fill('no')
  await dialog.getByRole('button', { name: 'Reject' }).click()
  await expect(reason).toHaveAttribute('aria-invalid', 'true')
  await expect(dialog).toContainText('Say why, in at least 10 visible characters.')
  await expect(reason).toBeFocused()
  expect((await detail(developer, request.id)).status).toBe('PENDING')
  await reason.fill('Name the flights by their ids, please.')
  await dialog.getByRole('button', { name: 'Reject' }).click()
  await expect(dialog).toBeHidden()
  await expect(statusOf(manager)).toHaveText('Rejected')

  await expect(statusOf(waiting)).toHaveText('Rejected')
  await expect(waiting.getByRole('main')).toContainText('Name the flights by their ids, please.')
  await expect(decision(waiting)).toContainText('Rejected by Mara Lindqvist. It will not run.')
  await waiting.getByRole('button', { name: /^Notifications, \d+ unread/ }).click()
  const told = waiting.getByRole('dialog').getByRole('link', { name: title })
  await expect(told).toContainText('Mara Lindqvist rejected')
  await waiting.keyboard.press('Escape')

  await decision(waiting).getByRole('link', { name: 'Submit again' }).click()
  await expect(waiting.getByRole('heading', { level: 1 })).toHaveText(`Submit #${request.number} again`)
  await expect(waiting.getByRole('main')).toContainText('Name the flights by their ids, please.')
  const editor = waiting.getByRole('textbox', { name: 'SQL query' })
  await expect(editor).toContainText(content)
  await expect(waiting.getByLabel('Instance', { exact: true })).toContainText('demo-primary')
  await expect(waiting.getByLabel('Pod', { exact: true })).toContainText('Aviation')
  await expect(waiting.getByRole('textbox', { name: 'Comment' })).toHaveValue(title)
  await editor.fill('delete from flights where id in (1, 2)')
  await editor.press('Control+Enter')
  await expect(statusOf(waiting)).toHaveText('Pending')
  const again = await detail(developer, new URL(waiting.url()).pathname.split('/').at(-1) ?? '')
  expect(again.resubmissionOf).toBe(request.id)
  expect(again.contentHash).not.toBe(request.contentHash)
  await waiting.getByRole('link', { name: 'an earlier request' }).click()
  await expect(waiting.getByRole('heading', { level: 1 })).toHaveText(title)
  await expect(statusOf(waiting)).toHaveText('Rejected')
})
