import type { Page } from '@playwright/test'
import { expect, test, type Portal } from './support/portal.ts'

/** More than the connections that a browser opens to one server. */
const manyTabs = 8

test('tabs that are opened behind the one that is seen keep no connection from it, or from each other', async ({
  portal,
}) => {
  const seen = await portal.open('manager', '/requests')
  await expectRows(seen)
  for (const tab of await openTabs(portal, seen)) await expectRows(tab)

  await seen.reload()
  await expectRows(seen)
  await expectLive(seen)
})

test('a tab that was opened behind others is up to date and live once it is seen', async ({ portal }) => {
  const seen = await portal.open('manager', '/requests')
  await expectRows(seen)
  const [tab] = await openTabs(portal, seen, 1)
  if (!tab) throw new Error('no tab was opened')
  await expectRows(tab)
  await expect(live(tab)).toHaveCount(0)
  await show(tab, true)
  await expectLive(tab)
})

test('whoever looks into many tabs one after the other is answered in each', async ({ portal }) => {
  const seen = await portal.open('manager', '/requests')
  await expectRows(seen)
  for (const tab of await openTabs(portal, seen)) {
    await show(tab, true)
    await expectRows(tab)
    await show(tab, false)
  }
})

/** Opened as by a click of the middle button; Playwright itself shows every page. */
async function openTabs(portal: Portal, beside: Page, count = manyTabs): Promise<Page[]> {
  const tabs: Page[] = []
  for (let opened = 0; opened < count; opened++) {
    const tab = await beside.context().newPage()
    await tab.addInitScript(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: true })
    })
    await tab.goto(`${portal.address}/requests`, { waitUntil: 'commit' })
    tabs.push(tab)
  }
  return tabs
}

const show = (tab: Page, isSeen: boolean) =>
  tab.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, !isSeen)

const expectRows = (page: Page) => expect(page.getByRole('row').nth(1)).toBeVisible()
const live = (page: Page) => page.locator('[data-connection="live"]')
const expectLive = (page: Page) => expect(live(page).first()).toBeVisible()
