import { test as base, type Browser } from '@playwright/test'
import { findMongoProgram } from '@sre-portal/infra/mongo/program.ts'
import { instanceListSchema, requestDetailSchema } from '@sre-portal/contracts'
import { makeDataFolder, removeDataFolder } from './setup/dataFolder.ts'
import { startStack, type Stack } from './setup/stack.ts'
import { uploadScript, chooseFrom } from './support/newRequest.ts'
import { createPortal, expect, type Portal } from './support/portal.ts'
import { approve, decision, detail, finished, instanceId, statusOf } from './support/requests.ts'
import { unique } from './support/unique.ts'

const query = `db.movies
  .find({ title: { $in: ["Inception", "Se7en"] } }, { title: 1, released: 1, minutes: 1, grossUsd: 1, scores: 1 })
  .sort({ title: 1 });
db.airports.countDocuments({ state: "AK" })`

const script = `const movies = db.collection('movies')
let worldwide = 0n
for await (const { grossUsd } of movies.find({ director: 'Christopher Nolan' })) worldwide += grossUsd.worldwide.toBigInt()
await movies.updateOne({ title: 'Inception' }, { $set: { seen: new Date(0) } })
const { seen, _id } = await movies.findOne({ title: 'Inception' })
await movies.updateOne({ _id }, { $unset: { seen: '' } })
console.log('worldwide', worldwide, seen.getTime())
return { worldwide }
`

const test = base.extend<object, { mongoPortal: MongoPortal }>({
  mongoPortal: [({ browser }, use) => withMongo(browser, use), { scope: 'worker', timeout: 300_000 }],
})

/** A portal whose demonstration has a MongoDB, or why there is none. */
type MongoPortal = { portal: Portal; missing: null } | { portal: null; missing: string }

test('a MongoDB query shows its documents with their types; an error of the server and a refused operator are told in words', async ({
  mongoPortal,
}) => {
  const portal = opened(mongoPortal)
  const page = await portal.open('developer', '/requests/new')
  await chooseFrom(page, 'Instance', 'demo-mongo')
  await chooseFrom(page, 'Pod', 'Aviation')
  await page.getByRole('textbox', { name: 'MongoDB query' }).fill(query)
  await page.getByRole('textbox', { name: 'Comment' }).fill(unique('Compare two films'))
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(page)).toHaveText('Pending')
  await approveShown(portal, page.url())
  await expect(statusOf(page)).toHaveText('Executed')
  await expect(decision(page)).toContainText('Approved by Mara Lindqvist and executed once.')

  const result = page.getByRole('region', { name: 'Result' })
  const grid = result.getByRole('grid', { name: 'Rows of statement 1' })
  await expect(grid.getByRole('columnheader')).toHaveText([
    /^_id\s*int$/,
    /^title\s*string$/,
    /^released\s*date$/,
    /^minutes\s*int$/,
    /^grossUsd\s*object$/,
    /^scores\s*object$/,
  ])
  const cells = (row: number) => grid.getByRole('row').nth(row).getByRole('gridcell')
  await expect(cells(1)).toHaveText([
    /^\d+$/,
    'Inception',
    '2010-07-16T00:00:00.000Z',
    '147',
    /"worldwide":\{"\$numberLong":"\d+"\}/,
    /"rottenTomatoes":\{"\$numberInt":"87"\}/,
  ])
  await expect(cells(2).nth(3)).toHaveText('(missing)')
  await cells(1).nth(5).dblclick()
  const whole = page.getByLabel('Whole value')
  await expect(whole).toContainText('"imdb": {')
  await expect(whole).toContainText('"$numberDouble": "9.1"')
  await result.getByRole('button', { name: 'Documents' }).click()
  const documents = result.getByRole('region', { name: 'Documents of statement 1' })
  await expect(documents.getByRole('listitem').first()).toContainText('title: "Inception"')
  await expect(documents.getByRole('listitem').first()).toContainText(
    'released: ISODate("2010-07-16T00:00:00.000Z")',
  )
  await expect(documents.getByRole('listitem').first()).toContainText(/worldwide: NumberLong\("\d+"\)/)
  await expect(documents.getByRole('listitem').nth(1), 'what it has not is not there').not.toContainText(
    'minutes',
  )
  await result.getByRole('tab').nth(1).click()
  await expect(result.getByRole('grid', { name: 'Rows of statement 2' }).getByRole('gridcell')).toHaveText([
    /^\d+$/,
  ])

  const duplicate = await portal.open('developer', await run(portal, 'db.airports.insertOne({ _id: "JFK" })'))
  await expect(statusOf(duplicate)).toHaveText('Failed')
  await expect(duplicate.getByRole('region', { name: 'Result' })).toContainText('E11000 duplicate key error')
  await expect(duplicate.getByRole('region', { name: 'Result' })).toContainText('DuplicateKey (11000)')

  const refused = await portal.open('developer', '/requests/new')
  await chooseFrom(refused, 'Instance', 'demo-mongo')
  await chooseFrom(refused, 'Pod', 'Aviation')
  await refused.getByRole('textbox', { name: 'MongoDB query' }).fill('db.airports.find({ $where: "true" })')
  await refused.getByRole('textbox', { name: 'Comment' }).fill(unique('Every airport'))
  await refused.getByRole('button', { name: 'Submit for review' }).click()
  await expect(refused.getByRole('main')).toContainText(
    '$where is not allowed: it runs JavaScript on the server.',
  )
})

test('a MongoDB script shows each statement that it sent, and the documents of each', async ({
  mongoPortal,
}) => {
  const portal = opened(mongoPortal)
  const page = await portal.open('developer', '/requests/new')
  await chooseFrom(page, 'Instance', 'demo-mongo')
  await chooseFrom(page, 'Pod', 'Aviation')
  await page.getByRole('radio', { name: 'JavaScript script' }).check({ force: true })
  await uploadScript(page, 'nolan.js', script)
  await page.getByRole('textbox', { name: 'Comment' }).fill(unique('What did his films earn?'))
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(page)).toHaveText('Pending')
  await expect(page.getByRole('region', { name: 'nolan.js' })).toContainText('JavaScript on MongoDB')
  await approveShown(portal, page.url())
  await expect(statusOf(page)).toHaveText('Executed')

  const result = page.getByRole('region', { name: 'Result' })
  await expect(result.getByRole('textbox', { name: 'Returned value' })).toContainText(/"worldwide": "\d{10}"/)
  await result.getByRole('tab', { name: 'Console 1' }).click()
  await expect(result.getByRole('log', { name: 'Console output' })).toContainText(/worldwide \d{10} 0/)
  await result.getByRole('tab', { name: 'Statements 4' }).click()
  const statements = result
    .getByRole('list', { name: 'Statements that the script sent' })
    .getByRole('listitem')
  await expect(statements).toHaveCount(4)
  await expect(statements.nth(0)).toContainText(
    'db.getCollection("movies").find({ "director": "Christopher Nolan" })',
  )
  await expect(statements.nth(1)).toContainText('updateOne')
  await statements.nth(2).getByRole('button').click()
  await expect(result.getByRole('grid', { name: 'Rows of statement 3' })).toContainText('Inception')
})

const addressOfStories = () => process.env['STORIES_ADDRESS'] ?? ''

/** The stories' own portal where it has a MongoDB, else one of this file's own. */
async function withMongo(browser: Browser, use: (found: MongoPortal) => Promise<void>): Promise<void> {
  const shared = createPortal(addressOfStories(), browser)
  const { items } = await (await shared.api('developer')).get('/api/instances?q=mongo', instanceListSchema)
  if (items.some(({ name }) => name === 'demo-mongo')) return withPortal(shared, use)
  const program = await findMongoProgram()
  if ('missing' in program) return use({ portal: null, missing: program.missing })
  const folder = await makeDataFolder()
  let stack: Stack | undefined
  try {
    stack = await startStack(folder, { PORT: '0', WITH_MONGO: 'true' })
    await withPortal(createPortal(stack.address, browser), use)
  } finally {
    await stack?.stop()
    await removeDataFolder(folder)
  }
}

async function withPortal(
  portal: ReturnType<typeof createPortal>,
  use: (found: MongoPortal) => Promise<void>,
): Promise<void> {
  await use({ portal, missing: null })
  await portal.close()
  expect(portal.seen.faults, 'errors, violations and foreign requests on the pages of these stories').toEqual(
    [],
  )
}

function opened(found: MongoPortal): Portal {
  // It ends the story only where no MongoDB can be had, with the words that say how to get one.
  test.skip(found.portal === null, found.missing ?? '')
  if (found.portal === null) throw new Error('A skipped story went on.')
  return found.portal
}

/** Has a query run on the MongoDB; answers the path of its page. */
async function run(portal: Portal, content: string): Promise<string> {
  const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
  const asked = { database: 'demo', podId: 'aviation', kind: 'query', content, comment: unique('By the API') }
  const instance = await instanceId(developer, 'demo-mongo')
  const { id, position } = await developer.send('POST', '/api/requests', { instanceId: instance, ...asked })
  await approve(
    manager,
    await developer.get(`/api/requests/${id}?minPosition=${position}`, requestDetailSchema),
  )
  await finished(developer, id)
  return `/requests/${id}`
}

/** The manager says yes to the request that a page shows. */
async function approveShown(portal: Portal, url: string): Promise<void> {
  const manager = await portal.api('manager')
  await approve(manager, await detail(manager, new URL(url).pathname.split('/').at(-1) ?? ''))
}
