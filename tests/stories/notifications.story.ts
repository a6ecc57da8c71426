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

test('the badge of the bell shows any number whole, within the side bar', async ({ portal }) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Nadia')
  const page = await portal.open(account, '/requests')
  for (const [unread, shown] of [
    [9, '9'],
    [99, '99'],
    [100, '100'],
    [1001, '1,001'],
    [25_000, '25,000'],
  ] as const) {
    // So many would take minutes to come about: only their number is put into the server's answer.
    await page.route(/\/api\/notifications\?/, async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), unread } })
    })
    await page.reload()
    const bell = page.getByRole('button', { name: `Notifications, ${shown} unread` })
    const badge = await bell.getByText(shown).boundingBox()
    const bar = await page.getByRole('complementary', { name: 'Side bar' }).boundingBox()
    expect((badge?.x ?? Infinity) + (badge?.width ?? 0), `${shown} within the bar`).toBeLessThan(
      (bar?.x ?? 0) + (bar?.width ?? 0),
    )
    expect(badge?.x, `${shown} beside the name of the portal`).toBeGreaterThan(150)
    await page.unrouteAll({ behavior: 'wait' })
  }
})
