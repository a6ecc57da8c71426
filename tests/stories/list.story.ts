import { expect, test } from './support/portal.ts'
import { submit, submitAndRun } from './support/requests.ts'
import { unique } from './support/unique.ts'

test('a search keeps row and focus over a visit, and is emptied together with its list', async ({
  portal,
}) => {
  const developer = await portal.api('developer')
  const words = unique('Found again')
  for (const place of ['first', 'second', 'third'])
    await submit(developer, { content: 'select 1', comment: `${words} ${place}` })
  const page = await portal.open('developer', '/requests')
  const field = page.getByRole('searchbox', { name: /Search title/ })
  const grid = page.getByRole('grid', { name: 'Requests' })
  await expect(grid.getByRole('row').nth(1)).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type(words)
  await expect(grid.getByRole('row')).toHaveCount(4)
  await field.blur()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${words} second`)
  await page.goBack()
  await expect(grid.locator('[aria-selected="true"]')).toContainText(`${words} second`)
  await expect(grid).toBeFocused()
  await field.press('Escape')
  await expect(field).toHaveValue('')
  await expect(page).not.toHaveURL(/q=/)
  await expect(grid.getByRole('row').nth(4)).toBeVisible()
})

test('a number finds its request first, and a hash finds its text', async ({ portal }) => {
  const developer = await portal.api('developer')
  const request = await submit(developer, {
    content: `select '${unique('by hash')}'`,
    comment: unique('Numbered'),
  })
  const page = await portal.open('developer', '/requests')
  await expect(page.getByRole('grid', { name: 'Requests' })).toBeVisible()
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog')
  await expect(palette.getByPlaceholder('Search requests, pages, actions')).toBeFocused()
  await page.keyboard.type(`#${request.number}`)
  const found = palette.getByRole('group').filter({ hasText: 'Requests' }).getByRole('option')
  await expect(found.first()).toContainText(`#${request.number} ${request.title}`)
  await expect(found.first()).toContainText('(staging)')
  await page.keyboard.press('Escape')
  await page.goto(`${portal.address}/requests?q=${request.contentHash.slice(0, 8)}`)
  await expect(page.getByRole('row', { name: request.title })).toBeVisible()
  await expect(page.getByRole('grid', { name: 'Requests' }).getByRole('row')).toHaveCount(2)
})

test('after a double click and a step on, the cell that is copied is the active one; NULL is not a text', async ({
  portal,
}) => {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const content = `select * from (values ('first words'), ('second words'), (null), ('NULL'), (''), (U&'a\\200Bb')) v (word)`
  const request = await submitAndRun(developer, manager, { content, comment: unique('Cells') })
  const page = await portal.open('developer', `/requests/${request.id}`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const grid = page.getByRole('grid', { name: 'Rows of statement 1' })
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await grid.getByRole('gridcell').first().dblclick()
  await page.keyboard.press('Escape')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Control+c')
  await expect.poll(copied).toBe('second words')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Control+c')
  await expect(page.getByText('This cell is NULL: there is nothing to copy')).toBeAttached()
  expect(await copied()).toBe('second words')
  await expect(grid.getByRole('img', { name: 'no value, NULL' })).toBeVisible()
  await expect(grid.getByRole('img', { name: 'the text NULL' })).toBeVisible()
  await expect(grid.getByRole('img', { name: 'empty text' })).toBeVisible()
  await expect(grid.getByRole('img', { name: 'U+200B zero-width space' })).toBeVisible()
})

test('keys are written alike in the bar and in the list of shortcuts', async ({ portal }) => {
  const page = await portal.open('developer', '/requests')
  await page.getByRole('button', { name: /^Shortcuts/ }).click()
  const key = page.getByRole('dialog').getByText('Ctrl', { exact: true })
  await expect(key).toHaveCSS('text-transform', 'none')
})
