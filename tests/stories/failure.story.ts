import { expect, test } from './support/portal.ts'
import { decision, statusOf, submitAndRun } from './support/requests.ts'
import { unique } from './support/unique.ts'

test("a query that fails shows the database's own error with code, hint and the place in the text", async ({
  portal,
}) => {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const comment = unique('Count by town')
  const { id } = await submitAndRun(developer, manager, {
    content: 'select iata, name\nfrom airports\nwhere citi = $$Boston$$',
    comment,
  })
  const page = await portal.open('developer', `/requests/${id}`)
  await expect(statusOf(page)).toHaveText('Failed')
  await expect(page).toHaveTitle(/^#\d+ Failed - Count by town/)
  await expect(decision(page)).toContainText('Approved by Mara Lindqvist; it failed.')
  const result = page.getByRole('region', { name: 'Result' })
  await expect(result).toContainText('column "citi" does not exist')
  await expect(result).toContainText('42703')
  await expect(result).toContainText('Perhaps you meant to reference the column "airports.city".')
  await expect(result).toContainText('at line 3, column 7, marked in the code')
  const marked = page.getByRole('textbox', { name: 'Query, exactly as it runs' }).locator('.cm-line').nth(2)
  await expect(marked.locator('[class*="error"]').first()).toContainText('citi')

  const notified = await portal.open('developer', '/notifications')
  const told = notified.getByRole('main').getByRole('link', { name: comment })
  await expect(told.first()).toContainText(/failed/)
  await expect(told.nth(1)).toContainText('Mara Lindqvist approved')
})

test('of several statements the failed one undoes those before it and stops those after it', async ({
  portal,
}) => {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const { id } = await submitAndRun(developer, manager, {
    instance: 'demo-primary',
    content: `update airports set city = 'Nowhere' where iata = 'SEA';\nselect 1/0;\nselect 'never'`,
    comment: unique('Three steps, the second one fails'),
  })
  const page = await portal.open('developer', `/requests/${id}`)
  await expect(page.getByRole('main')).toContainText('All that this run changed was rolled back.')
  const tabs = page.getByRole('region', { name: 'Result' }).getByRole('tab')
  await expect(tabs).toHaveCount(3)
  const panel = page.getByRole('region', { name: 'Result' }).getByRole('tabpanel')
  await expect(panel).toContainText('division by zero')
  await expect(panel).toContainText('22012')
  await tabs.nth(0).click()
  await expect(panel).toContainText('Rolled back')
  await tabs.nth(2).click()
  await expect(panel).toContainText('A previous statement failed, so this one was not sent.')

  const after = await submitAndRun(developer, manager, {
    content: `select city from airports where iata = 'SEA'`,
    comment: unique('Is Seattle where it was?'),
  })
  const proof = await portal.open('developer', `/requests/${after.id}`)
  await expect(proof.getByRole('grid').getByRole('gridcell')).toHaveText(['Seattle'])
})
