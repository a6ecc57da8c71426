import { expect, type Page } from '@playwright/test'

export interface Written {
  instance: string
  database?: string
  pod: string
  comment: string
  query?: string
  script?: { name: string; text: string }
}

/** Fills the form of a new request as a person does, and leaves it unsent. */
export async function writeRequest(page: Page, written: Written): Promise<void> {
  await chooseFrom(page, 'Instance', written.instance)
  if (written.database) await chooseFrom(page, 'Database', written.database)
  await chooseFrom(page, 'Pod', written.pod)
  if (written.query !== undefined) await page.getByRole('textbox', { name: 'SQL query' }).fill(written.query)
  if (written.script) {
    await page.getByRole('radio', { name: 'JavaScript script' }).check({ force: true })
    await uploadScript(page, written.script.name, written.script.text)
  }
  await page.getByRole('textbox', { name: 'Comment' }).fill(written.comment)
}

export async function uploadScript(page: Page, name: string, content: string | Buffer): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: /Choose file|Replace file/ }).click()
  await (
    await chooser
  ).setFiles({ name, mimeType: 'text/javascript', buffer: Buffer.from(content as string) })
}

/** Opens a menu by its label and takes an entry, the way that works for each kind of menu. */
export async function chooseFrom(page: Page, label: string, entry: string): Promise<void> {
  const menu = page.getByLabel(label, { exact: true })
  if ((await menu.textContent())?.includes(entry)) return
  await menu.click()
  const [search, list] = [page.getByPlaceholder(/^Find an? /), page.getByRole('listbox')]
  await expect(search.or(list).first()).toBeVisible()
  if (await search.isVisible()) await search.fill(entry)
  // An entry may go on with a description.
  await page.getByRole('option', { name: new RegExp(`^${entry}(\\s|$)`) }).click()
  await expect(menu).toContainText(entry)
  await expect(page.getByRole('listbox')).toHaveCount(0)
}
