import { makeAccount } from './support/accounts.ts'
import { expect, test } from './support/portal.ts'
import { submit, submitAndRun } from './support/requests.ts'
import { unique } from './support/unique.ts'

test('what is seen is read: the badge falls in every tab, and what was new stands out while it is looked at', async ({
  portal,
}) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Noa')
  const [requester, manager] = [await portal.api(account), await portal.api('manager')]
  const title = unique('How many airports are there')
  await submitAndRun(requester, manager, { content: 'select count(*) from airports', comment: title })

  const page = await portal.open(account, '/requests')
  const elsewhere = await portal.open(account, '/')
  const bell = page.getByRole('button', { name: /^Notifications/ })
  const otherBell = elsewhere.getByRole('button', { name: /^Notifications/ })
  for (const each of [bell, otherBell]) await expect(each).toHaveAccessibleName('Notifications, 2 unread')
  await bell.click()
  const told = page.getByRole('dialog').getByRole('link', { name: title })
  await expect(told).toHaveText([/^Unread: /, /^Unread: /])
  for (const each of [bell, otherBell]) await expect(each).toHaveAccessibleName('Notifications')
  await expect(told).toHaveText([/^Unread: /, /^Unread: /])
  await page.keyboard.press('Escape')
  await bell.click()
  await expect(told).toHaveText([/^(?!Unread)/, /^(?!Unread)/])
  await page.keyboard.press('Escape')

  const second = await submit(requester, { content: 'select 1', comment: unique('One, please') })
  await manager.send('POST', `/api/requests/${second.id}/reject`, { reason: 'One is always one.' })
  for (const each of [bell, otherBell]) await expect(each).toHaveAccessibleName('Notifications, 1 unread')
  await elsewhere.getByRole('link', { name: /^Notifications/ }).click()
  const list = elsewhere.getByRole('main').getByRole('listitem')
  await expect(list.first()).toContainText('Unread: Mara Lindqvist rejected')
  await expect(list.nth(1)).not.toContainText('Unread')
  for (const each of [bell, otherBell]) await expect(each).toHaveAccessibleName('Notifications')
  await expect(elsewhere).toHaveTitle('Notifications - SRE Portal')
})
