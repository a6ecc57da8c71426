import { demoPassword } from '@sre-portal/infra/demo/accounts.ts'
import { expect, test } from './support/portal.ts'
import { writeRequest } from './support/newRequest.ts'
import { decision, occupyExecutor, statusOf } from './support/requests.ts'
import { unique } from './support/unique.ts'
import { rememberStatuses, shownStatuses } from './support/statuses.ts'

const query = `select a.iata, a.city, f.delay_minutes, f.scheduled_at, null::text as remark, '' as note, 9007199254740993 as big
from flights f
join airports a on a.iata = f.origin, pg_sleep(2)
order by f.delay_minutes desc, f.id
limit 3`

test('a developer asks for a query, the manager approves it, and both watch it run to its result', async ({
  portal,
}) => {
  const title = unique('Which flights were the latest?')
  const manager = await portal.open('manager')
  await expect(manager.getByRole('main')).toContainText('Hello, Mara')

  const developer = await portal.visit('/requests/new')
  await developer.getByLabel('E-mail').fill('developer@demo.example')
  await developer.getByLabel('Password', { exact: true }).fill(demoPassword)
  await developer.getByRole('button', { name: 'Sign in' }).click()
  await expect(developer).toHaveTitle('New request - SRE Portal')
  await writeRequest(developer, {
    instance: 'demo-replica',
    database: 'demo',
    pod: 'Aviation',
    query,
    comment: `${title}\nA customer asks.`,
  })
  await expect(developer.getByRole('main')).toContainText('Runs on demo-replica / demo')
  await developer.getByRole('textbox', { name: 'Comment' }).press('Control+Enter')
  await expect(developer).toHaveURL(/\/requests\/[0-9a-f-]{36}$/)
  await expect(statusOf(developer)).toHaveText('Pending')
  await expect(developer).toHaveTitle(/^#\d+ Pending - .+ - SRE Portal$/)
  await expect(developer.getByRole('heading', { level: 1 })).toHaveText(title)
  await expect(decision(developer)).toContainText('Waiting for Mara Lindqvist or Jonas Weber.')

  await manager.getByRole('link', { name: /^Review queue/ }).click()
  const queue = manager.getByRole('grid', { name: 'Requests that wait for your decision' })
  await expect(queue.getByRole('row', { name: title })).toContainText('Devi Rao')
  await manager.getByRole('button', { name: /^Notifications, \d+ unread/ }).click()
  await manager.getByRole('dialog').getByRole('link', { name: title }).click()

  await expect(manager.getByRole('heading', { level: 1 })).toHaveText(title)
  await expect(manager.getByRole('region', { name: 'Why' })).toContainText('A customer asks.')
  const code = manager.getByRole('textbox', { name: 'Query, exactly as it runs' })
  for (const line of query.split('\n')) await expect(code).toContainText(line)

  const free = await occupyExecutor(
    await portal.api('developer'),
    await portal.api('manager'),
    await portal.api('deputy'),
  )
  const pages = [manager, developer]
  for (const page of pages) await rememberStatuses(page)
  await decision(manager).getByRole('button', { name: 'Approve and run' }).click()
  const dialog = manager.getByRole('dialog')
  await expect(dialog).toContainText('Run on demo@demo-replica as demo_ro?')
  await expect(dialog).toContainText('It is stopped after 30 s')
  await dialog.getByRole('button', { name: 'Approve and run' }).click()
  for (const page of pages) await expect(statusOf(page)).toHaveText('Approved')
  await free()
  for (const page of pages) await expect(statusOf(page)).toHaveText('Executing')
  for (const page of pages) await expect(statusOf(page)).toHaveText('Executed')
  for (const page of pages)
    expect(await shownStatuses(page)).toEqual(['PENDING', 'APPROVED', 'EXECUTING', 'EXECUTED'])
  await expect(decision(developer)).toContainText('Approved by Mara Lindqvist and executed once.')

  for (const page of pages) {
    const grid = page.getByRole('grid', { name: 'Rows of statement 1' })
    await expect(grid.getByRole('columnheader')).toHaveText([
      /^iata\s*text$/,
      /^city\s*text$/,
      /^delay_minutes\s*int4$/,
      /^scheduled_at\s*timestamp$/,
      /^remark\s*text$/,
      /^note\s*text$/,
      /^big\s*int8$/,
    ])
    const cells = grid.getByRole('row').nth(1).getByRole('gridcell')
    await expect(cells.nth(3)).toHaveText(/^2001-\d\d-\d\d \d\d:\d\d:00$/)
    await expect(cells.nth(4)).toHaveText('NULL')
    await expect(cells.nth(5)).toHaveText('(empty)')
    await expect(cells.nth(6)).toHaveText('9007199254740993')
    await expect(grid.getByRole('row')).toHaveCount(4)
  }
})
