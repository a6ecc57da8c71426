import { expect, type Page } from '@playwright/test'

declare global {
  interface Window {
    shownStatuses?: string[]
  }
}

/** From now on the page remembers each status that it shows; a reload would lose them. */
export async function rememberStatuses(page: Page): Promise<void> {
  await expect(page.getByRole('main').locator('[data-status]').first()).toBeVisible()
  await page.evaluate(() => {
    const shown: string[] = []
    const look = () => {
      const status = document.querySelector('main [data-status]')?.getAttribute('data-status')
      if (status && status !== shown.at(-1)) shown.push(status)
    }
    look()
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['data-status'],
    })
    window.shownStatuses = shown
  })
}

/** The statuses that the page has shown since, one after the other. */
export async function shownStatuses(page: Page): Promise<string[]> {
  const shown = await page.evaluate(() => window.shownStatuses)
  if (!shown) throw new Error('The page was loaded anew.')
  return shown
}
