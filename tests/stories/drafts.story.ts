import { requestDetailSchema } from '@sre-portal/contracts'
import { makeAccount } from './support/accounts.ts'
import { expect, test } from './support/portal.ts'
import { chooseFrom } from './support/newRequest.ts'
import { approve, detail, finished, statusOf } from './support/requests.ts'
import { unique } from './support/unique.ts'

test('two tabs write two requests: what is sent in one holds nothing of the other, which is only offered', async ({
  portal,
}) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Tabea')
  const reading = await portal.open(account, '/requests/new')
  const deleting = await reading.context().newPage()
  await deleting.goto(`${portal.address}/requests/new`)
  const title = unique('Only looking')
  await deleting.getByRole('textbox', { name: 'SQL query' }).fill('delete from airports')
  await deleting.getByRole('textbox', { name: 'Comment' }).fill('Clean up for good')
  const offers = reading.getByRole('region', { name: 'Other drafts of yours' })
  await expect(offers).toContainText('Clean up for good')
  await expect(offers).toContainText('open in another tab')

  await chooseFrom(reading, 'Instance', 'demo-replica')
  await chooseFrom(reading, 'Database', 'demo')
  await chooseFrom(reading, 'Pod', 'Aviation')
  await reading.getByRole('textbox', { name: 'SQL query' }).fill('select 1 as one')
  await reading.getByRole('textbox', { name: 'Comment' }).fill(title)
  await expect(deleting.getByRole('textbox', { name: 'Comment' })).toHaveValue('Clean up for good')
  await expect(deleting.getByRole('textbox', { name: 'SQL query' })).toHaveText('delete from airports')
  await reading.reload()
  await expect(reading.getByRole('textbox', { name: 'Comment' })).toHaveValue(title)
  await reading.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(reading)).toHaveText('Pending')
  const sent = await detail(await portal.api(account), reading.url().split('/').at(-1) ?? '')
  expect([sent.content, sent.comment]).toEqual(['select 1 as one', title])

  await reading.getByRole('link', { name: 'Requests', exact: true }).click()
  await expect(reading.getByRole('row', { name: title })).toBeVisible()
  await expect(reading.getByRole('button', { name: /new request.*show/ })).toHaveCount(0)

  await deleting.close()
  await reading.goto(`${portal.address}/requests/new`)
  await offers.getByRole('button', { name: 'Go on with it' }).click()
  await expect(reading.getByRole('textbox', { name: 'SQL query' })).toHaveText('delete from airports')
  await expect(reading.getByRole('textbox', { name: 'Comment' })).toHaveValue('Clean up for good')
})

test('what is offered while one types changes nothing unless it is chosen', async ({ portal }) => {
  const page = await portal.open('developer', '/requests/new')
  const query = page.getByRole('textbox', { name: 'SQL query' })
  await chooseFrom(page, 'Instance', 'demo-replica')
  await query.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('select count(*) from airp')
  const offered = page.locator('.cm-tooltip-autocomplete')
  const lines = () => query.locator('.cm-line').allTextContents()
  await page.keyboard.press('Enter')
  expect(await lines()).toEqual(['select count(*) from airp', ''])
  await page.keyboard.type('datet')
  await expect(offered).toBeVisible()
  await page.keyboard.press('Enter')
  expect(await lines()).toEqual(['select count(*) from airp', 'datet', ''])
  // The editor takes no choice in the first 75 ms: the key might have been meant for the text.
  const takeable = async () => {
    await expect(offered).toBeVisible()
    const since = Date.now()
    await expect.poll(() => Date.now() - since, { intervals: [50] }).toBeGreaterThan(300)
  }
  await page.keyboard.type('datet')
  await takeable()
  await page.keyboard.press('ArrowDown')
  const choice = await offered.locator('[aria-selected]').first().textContent()
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await lines()).at(-1)).toBe(choice)
  await page.keyboard.press('Enter')
  await page.keyboard.type('datet')
  await takeable()
  await page.keyboard.press('Tab')
  await expect.poll(async () => (await lines()).at(-1)).toMatch(/^DATET\w+/)
})

test('line ends and emoji stay as they were written, and the error is marked where the database meant it', async ({
  portal,
}) => {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const content = "select '🙂🙂' as mood;\r\n\r\nselect '🙂', nothere\r\nfrom airports;\r\n"
  const comment = unique('With the line ends of Windows')
  const page = await portal.open('developer', '/requests/new')
  await chooseFrom(page, 'Instance', 'demo-replica')
  await chooseFrom(page, 'Database', 'demo')
  await chooseFrom(page, 'Pod', 'Aviation')
  const query = page.getByRole('textbox', { name: 'SQL query' })
  await query.click()
  await page.evaluate((text) => {
    const data = new DataTransfer()
    data.setData('text/plain', text)
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    )
  }, content)
  await page.getByRole('textbox', { name: 'Comment' }).fill(comment)
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(page)).toHaveText('Pending')
  const id = page.url().split('/').at(-1) ?? ''
  const sent = await detail(developer, id)
  expect(sent.content).toBe(content)

  await approve(manager, sent)
  await finished(developer, id)
  await expect(statusOf(page)).toHaveText('Failed')
  const code = page.getByRole('textbox', { name: 'Query, exactly as it runs' })
  await expect(code.locator('.cm-error-mark')).toHaveText('nothere')
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('line 3, column 13')

  const again = await portal.open('developer', `/requests/new?from=${id}`)
  const editor = again.getByRole('textbox', { name: 'SQL query' })
  await expect(editor).toContainText('nothere')
  await editor.click()
  await again.keyboard.press('Control+End')
  await again.keyboard.press('Enter')
  await again.keyboard.type('-- again')
  await again.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(again)).toHaveText('Pending')
  const repeated = requestDetailSchema.parse(await detail(developer, again.url().split('/').at(-1) ?? ''))
  expect(repeated.content).toBe(`${content}\r\n-- again`)
  expect(repeated.resubmissionOf).toBe(id)
})
