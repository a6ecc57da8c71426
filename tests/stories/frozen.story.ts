import { makeAccount } from './support/accounts.ts'
import { expect, sessionKey, test } from './support/portal.ts'
import { partsAreFound, serviceProcess } from './support/partsOfTheStack.ts'
import { statusOf, submit } from './support/requests.ts'
import { unique } from './support/unique.ts'

test('a service that hangs is told: late after ten seconds, failed after thirty, not live any more; and all of it comes back', async ({
  portal,
}) => {
  test.skip(!partsAreFound, 'The process of the service is found by /proc, on Linux only.')
  const page = await portal.open('developer', '/pods')
  await page.clock.install()
  await page.reload()
  await expect(page.getByRole('main')).toContainText('aviation')
  const live = page.locator('[data-connection]:visible')
  await expect(live).toHaveText('Live')
  const pid = serviceProcess(portal.address, 'query-service')
  process.kill(pid, 'SIGSTOP')
  try {
    await page.getByRole('link', { name: 'Requests', exact: true }).click()
    await expect(page.locator('[data-picture="loading"]')).toBeVisible()
    await page.clock.fastForward(10_500)
    await expect(page.getByRole('main')).toContainText('This takes longer than usual.')
    await page.clock.fastForward(20_000)
    await expect(page.locator('[data-picture="failed"]')).toContainText(
      'The server did not answer within 30 seconds.',
    )
    await page.clock.fastForward(11_000)
    await expect(live).toHaveText('Reconnecting')
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await page.getByRole('button', { name: 'Retry' }).click()
  await expect(page.getByRole('grid', { name: 'Requests' })).toBeVisible()
  await page.clock.fastForward(60_000)
  await expect(live).toHaveText('Live')
  await page.context().setOffline(true)
  await expect(live).toHaveText(/Reconnecting|Offline/)
  await page.context().setOffline(false)
  await expect(live).toHaveText('Live')
  portal.seen.faults.length = 0
})

test('a page whose code is slow is told to be on the way; one that can’t be had leaves the page that is there', async ({
  portal,
}) => {
  const page = await portal.open('developer', '/requests')
  await expect(page.getByRole('grid', { name: 'Requests' })).toBeVisible()
  await page.context().setOffline(true)
  await page.getByRole('link', { name: 'Instances', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('The page could not be loaded.')
  await expect(page.getByRole('grid', { name: 'Requests' })).toBeVisible()
  await page.context().setOffline(false)
  await page.getByRole('alert').getByRole('button', { name: 'Retry' }).click()
  await expect(page.getByRole('main')).toContainText('demo-primary')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Instances')
  await expect(page.getByRole('alert')).toHaveCount(0)

  let answer: () => void = () => undefined
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.route(/\/assets\/PodsView-.*\.js$/, async (route) => {
    await held
    await route.continue()
  })
  await page.getByRole('link', { name: 'Pods', exact: true }).click()
  await expect(page.getByRole('status').filter({ hasText: 'Loading the page' })).toBeVisible()
  answer()
  await expect(page.getByRole('main')).toContainText('aviation')
  await expect(page.getByText('Loading the page')).toHaveCount(0)
  portal.seen.faults.length = 0
})

test('after a new sign-in over the page everything that had failed for the old session is there', async ({
  portal,
}) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Sana')
  const own = await portal.api(account)
  const titles = [unique('The older one'), unique('The newer one')]
  for (const comment of titles) await submit(own, { content: 'select 1', comment })
  const page = await portal.open(account, '/requests')
  const grid = page.getByRole('grid', { name: 'Requests' })
  await expect(grid.getByRole('row', { name: titles[0] ?? '' })).toBeVisible()
  await page.evaluate((key) => {
    const stored = JSON.parse(localStorage.getItem(key) ?? '{}') as object
    localStorage.setItem(key, JSON.stringify({ ...stored, accessToken: 'gone', refreshToken: 'gone' }))
  }, sessionKey)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await dialog.getByLabel('Password', { exact: true }).fill(account.password)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(titles[1] ?? '')
  await expect(statusOf(page)).toHaveText('Pending')
  await expect(page.getByRole('region', { name: 'Why' })).toContainText(titles[1] ?? '')
  await expect(page.getByRole('alert')).toHaveCount(0)
})
