import type { Page } from '@playwright/test'
import { expect, test } from './support/portal.ts'

/** Takes an entry of an open menu, and goes on to the editor six frames later: faster than any hand. */
async function takeAndWrite(page: Page, entry: string, text: string): Promise<void> {
  const gone = page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const goOn = async () => {
          for (let frame = 0; frame < 6; frame++) await new Promise(requestAnimationFrame)
          document.querySelector<HTMLElement>('[role=textbox][aria-label="SQL query"]')?.focus()
          resolve()
        }
        document.addEventListener('pointerup', () => void goOn(), { once: true, capture: true })
      }),
  )
  await page.getByRole('option', { name: new RegExp(`^${entry}(\\s|$)`) }).click()
  await gone
  await page.keyboard.type(text)
}

/** Name of the animation that the open menu would end with. */
const closingAnimation = (page: Page) =>
  page.locator('[data-slot=content][data-state=open]').evaluate((menu) => {
    const closed = menu.cloneNode() as HTMLElement
    closed.dataset['state'] = 'closed'
    menu.after(closed)
    const { animationName } = getComputedStyle(closed)
    closed.remove()
    return animationName
  })

test('what is typed right after a choice goes into the query, and the form stays where it is', async ({
  portal,
}) => {
  const page = await portal.open('developer', '/requests/new', { reducedMotion: 'no-preference' })
  const editor = page.getByRole('textbox', { name: 'SQL query' })
  // A plain field stands there until the editor is loaded.
  await expect(editor).toHaveAttribute('contenteditable', 'true')
  const place = await editor.boundingBox()
  const choices = { Instance: 'demo-replica', Database: 'demo', Pod: 'Cinema' }
  for (const [label, entry] of Object.entries(choices)) {
    await page.getByLabel(label, { exact: true }).click()
    expect(await closingAnimation(page), 'a menu that fades out holds the focus until it is gone').toBe(
      'none',
    )
    await takeAndWrite(page, entry, `-- ${label} `)
  }
  await expect(editor).toHaveText('-- Instance -- Database -- Pod ')
  await expect(editor).toBeFocused()
  for (const [label, entry] of Object.entries(choices))
    await expect(page.getByLabel(label, { exact: true })).toContainText(entry)
  expect(await editor.boundingBox()).toEqual(place)
})
