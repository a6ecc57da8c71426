import { expect, test, type Portal } from './support/portal.ts'
import { partsAreFound, serviceProcess } from './support/partsOfTheStack.ts'
import { approve, finished, statusOf, submit, type Asked } from './support/requests.ts'
import { unique } from './support/unique.ts'

test.skip(!partsAreFound, 'The process of the executor is found by /proc, on Linux only.')
test.describe.configure({ timeout: 180_000 })

const script = `await db.query("select iata, name from airports where iata in ('JFK', 'LAX') order by iata")
await db.query("update airports set name = name where iata = 'JFK' returning iata")
await db.query('select pg_sleep(25)')
`

/** Runs it on a page, kills its executor in the third second, and waits until another process has settled it. */
async function killedWhileRunning(portal: Portal, asked: Omit<Asked, 'comment'>) {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const request = await submit(developer, { ...asked, comment: unique('Lost while it ran') })
  const page = await portal.open('developer', `/requests/${request.id}`)
  await approve(manager, request)
  await expect(page.getByRole('region', { name: 'Progress' })).toContainText(/Executing for [3-9]/, {
    timeout: 30_000,
  })
  process.kill(serviceProcess(portal.address, 'executor'), 'SIGKILL')
  await finished(developer, request.id)
  return page
}

test('of a script whose executor was killed, the rows that had come can be read, and the page says up to where it is known', async ({
  portal,
}) => {
  const page = await killedWhileRunning(portal, {
    content: script,
    fileName: 'lost.js',
    transactionMode: 'per-statement',
    instance: 'demo-primary',
  })
  await expect(statusOf(page)).toHaveText('Unknown')
  const result = page.getByRole('region', { name: 'Result, as far as it is known' })
  await expect(result).toContainText(
    '2 of 3 statements had answered before the executor was lost; what they answered is here. ' +
      'Of the other one it is not known what became of it: look at the target before you settle.',
  )
  const statements = result
    .getByRole('list', { name: 'Statements that the script sent' })
    .getByRole('listitem')
  await expect(statements).toContainText([/Executed/, /Executed/, /Not known/])
  const rows = result.getByRole('grid', { name: 'Rows of statement 1' })
  await expect(rows.getByRole('gridcell').filter({ hasText: /^(JFK|LAX)$/ })).toHaveText(['JFK', 'LAX'])
  await statements.nth(1).getByRole('button').click()
  await expect(result.getByRole('grid', { name: 'Rows of statement 2' }).getByRole('gridcell')).toHaveText([
    'JFK',
  ])
  await statements.nth(2).getByRole('button').click()
  await expect(result).toContainText('it is not known what became of this statement')
})

test('of a query whose executor was killed, nothing is left on the target and what it had read stays readable', async ({
  portal,
}) => {
  const page = await killedWhileRunning(portal, {
    content: `select iata from airports where iata = 'SFO';\nselect pg_sleep(25)`,
  })
  await expect(statusOf(page)).toHaveText('Failed')
  const result = page.getByRole('region', { name: 'Result, as far as it is known' })
  await expect(result).toContainText('1 of 2 statements had answered before the executor was lost')
  await expect(result.getByRole('gridcell')).toHaveText(['SFO'])
  await result.getByRole('tab', { name: /^2/ }).click()
  await expect(result).toContainText('it is not known what became of this statement')
})
