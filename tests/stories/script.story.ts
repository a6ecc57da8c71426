import { expect, test } from './support/portal.ts'
import { writeRequest } from './support/newRequest.ts'
import { approve, decision, detail, finished, statusOf } from './support/requests.ts'
import { unique } from './support/unique.ts'

const script = `const { rows } = await db.query('select iata, name from airports where state = $1 order by iata limit 2', ['AK'])
console.log('found', rows.length)
for (const { iata } of rows) {
  const late = await db.query('select count(*) as flights from flights where origin = $1', [iata])
  console.warn(iata, late.rows[0].flights)
}
return { airports: rows.map(({ iata }) => iata), big: 9007199254740993n }
`

test('an uploaded script shows what it returned, what it wrote to its console and each statement it sent', async ({
  portal,
}) => {
  const page = await portal.open('developer', '/requests/new')
  await writeRequest(page, {
    instance: 'demo-replica',
    database: 'demo',
    pod: 'Aviation',
    script: { name: 'airports.js', text: script },
    comment: unique('How many flights leave from Alaska?'),
  })
  const main = page.getByRole('main')
  await expect(main).toContainText('airports.js')
  await expect(main).toContainText('8 lines')
  await expect(page.getByRole('textbox', { name: 'Preview of the script' })).toContainText(
    "console.log('found'",
  )
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(page)).toHaveText('Pending')
  await expect(page.getByRole('region', { name: 'airports.js' })).toContainText('JavaScript on PostgreSQL')

  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  await approve(manager, await detail(manager, id))
  await expect(statusOf(page)).toHaveText('Executed')
  await expect(decision(page)).toContainText('Approved by Mara Lindqvist and executed once.')

  const result = page.getByRole('region', { name: 'Result' })
  await expect(result.getByRole('textbox', { name: 'Returned value' })).toContainText('"airports"')
  await expect(result.getByRole('textbox', { name: 'Returned value' })).toContainText('9007199254740993')
  await result.getByRole('tab', { name: 'Console 3' }).click()
  const log = result.getByRole('log', { name: 'Console output' })
  await expect(log).toContainText('found 2')
  await expect(log).toContainText(/warn\s*0AK 0/)
  await result.getByRole('tab', { name: 'Statements 3' }).click()
  const statements = result
    .getByRole('list', { name: 'Statements that the script sent' })
    .getByRole('listitem')
  await expect(statements).toHaveCount(3)
  await expect(statements.nth(0)).toContainText('select iata, name from airports where state = $1')
  await expect(statements.nth(0)).toContainText('"AK"')
  await expect(statements.nth(0)).toContainText('2 rows')
  await statements.nth(1).getByRole('button').click()
  await expect(result.getByRole('grid', { name: 'Rows of statement 2' })).toContainText('flights')

  const { kind, fileName, content } = await finished(developer, id)
  expect({ kind, fileName, content }).toEqual({ kind: 'script', fileName: 'airports.js', content: script })
})

test("a script's own error is shown with its place, and what it had done is undone", async ({ portal }) => {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const page = await portal.open('developer', '/requests/new')
  await writeRequest(page, {
    instance: 'demo-primary',
    pod: 'Aviation',
    script: {
      name: 'broken.js',
      text: `await db.query("update airports set city = 'Nowhere' where iata = 'JFK'")\nthrow new Error('I stop here')\n`,
    },
    comment: unique('Move an airport and fail'),
  })
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(page)).toHaveText('Pending')
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  await approve(manager, await detail(manager, id))
  await expect(statusOf(page)).toHaveText('Failed')
  const main = page.getByRole('main')
  await expect(main).toContainText('All that this run changed was rolled back.')
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('I stop here')
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('at line 2')
  const { execution } = await finished(developer, id)
  expect(execution?.effects).toBe('rolled-back')
})
