import { chooseFrom } from './support/newRequest.ts'
import { expect, test } from './support/portal.ts'
import { submit } from './support/requests.ts'
import { unique } from './support/unique.ts'

const phone = { viewport: { width: 390, height: 844 } }

/** What is left of a desk's screen at 200 %. */
const zoomed = { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }

for (const [where, size] of [
  ['on a phone', phone],
  ['at 200 %', zoomed],
] as const)
  test(`${where} the words of every menu above the list of requests are whole`, async ({ portal }) => {
    const page = await portal.open('manager', '/requests', size)
    const bar = page.getByRole('search', { name: 'Requests' })
    for (const order of ['Oldest first', 'Last changed', 'Newest first']) {
      await chooseFrom(page, 'Sort', order)
      const cut = await bar.getByText(order, { exact: true }).evaluate((words) => {
        return words.scrollWidth - words.clientWidth
      })
      expect(cut, `pixels of "${order}" that are cut off`).toBe(0)
    }
  })

test('a finger approves on a phone, and no message lies over the actions at the bottom', async ({
  portal,
}) => {
  const asked = { content: 'select 7 as seven', comment: unique('Touched') }
  const { id } = await submit(await portal.api('developer'), asked)
  const page = await portal.open('manager', `/requests/${id}`, { ...phone, hasTouch: true, isMobile: true })
  await page.getByRole('button', { name: 'Approve and run' }).tap()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve and run' }).tap()
  const told = page.getByRole('region', { name: /^Notifications/ }).getByRole('listitem')
  const close = told.getByRole('button', { name: 'Close' })
  const [message, cross] = [await told.boundingBox(), await close.boundingBox()]
  expect(message && message.y + message.height, 'the end of the message').toBeLessThan(844 - 62)
  expect(cross && Math.min(cross.width, cross.height), 'large enough for a finger').toBeGreaterThanOrEqual(24)
  await expect(page.getByRole('grid', { name: 'Rows of statement 1' })).toContainText('7')
})

test('on a phone the filters of the audit log are folded behind a button that counts them, on a desk they are open', async ({
  portal,
}) => {
  const page = await portal.open('admin', '/audit', phone)
  const filters = page.getByRole('button', { name: /^Filters/ })
  const event = page.getByLabel('Event', { exact: true })
  await expect(filters).toHaveAttribute('aria-expanded', 'false')
  await expect(event).toBeHidden()
  const log = page.getByRole('grid', { name: 'Audit log' })
  await expect(log).toContainText('UserLoggedIn')
  expect((await log.boundingBox())?.y, 'the log begins in the upper quarter').toBeLessThan(844 / 4)

  await filters.click()
  await chooseFrom(page, 'Event', 'UserLoggedIn')
  await chooseFrom(page, 'Kind of subject', 'Access')
  await expect(page).toHaveURL(/type=UserLoggedIn/)
  await expect(filters).toHaveAccessibleName('Filters, 2 are set')
  await filters.click()
  await expect(event).toBeHidden()
  await page.setViewportSize({ width: 1440, height: 900 })
  await expect(filters).toBeHidden()
  await expect(event).toContainText('UserLoggedIn')
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(event).toContainText('All events')
})
