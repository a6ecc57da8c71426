import { maxQueryBytes, maxScriptBytes, requestListSchema } from '@sre-portal/contracts'
import { randomUUID } from 'node:crypto'
import type { Api } from './support/api.ts'
import { chooseFrom, uploadScript, writeRequest } from './support/newRequest.ts'
import { expect, test } from './support/portal.ts'
import { approve, bodyOf, detail, finished, submit, type Asked } from './support/requests.ts'
import { unique } from './support/unique.ts'

const asked: Asked = { content: 'select 1', comment: 'A question that is refused' }
const mine = async (api: Api) => (await api.get('/api/requests?view=mine&limit=1', requestListSchema)).total

test('a wrong password is refused in place, and the e-mail address stays', async ({ portal }) => {
  const page = await portal.visit('/')
  await expect(page).toHaveURL(/\/login$/)
  await page.getByLabel('E-mail').fill('developer@demo.example')
  await page.getByLabel('Password', { exact: true }).fill('not-the-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toContainText(/e-mail address or password/i)
  await expect(page.getByLabel('E-mail')).toHaveValue('developer@demo.example')
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('main')).toContainText('Type your password.')

  const known = await portal.nobody.refused('POST', '/api/auth/login', {
    email: 'developer@demo.example',
    password: 'not-the-password',
  })
  const unknown = await portal.nobody.refused('POST', '/api/auth/login', {
    email: 'nobody@demo.example',
    password: 'not-the-password',
  })
  expect([known.status, known.problem.code]).toEqual([401, 'unauthenticated'])
  expect(unknown.problem.detail, 'nobody learns which addresses exist').toBe(known.problem.detail)
})

test('an empty form is answered at its fields, and nothing is sent', async ({ portal }) => {
  const developer = await portal.api('developer')
  const before = await mine(developer)
  const page = await portal.open('developer', '/requests/new')
  await page.getByRole('button', { name: 'Submit for review' }).click()
  const main = page.getByRole('main')
  for (const words of [
    'Choose an instance.',
    'Choose a database.',
    'Choose a pod.',
    'Write a query.',
    'Say why you need this.',
  ])
    await expect(main).toContainText(words)
  await expect(page.getByLabel('Instance', { exact: true })).toBeFocused()
  await chooseFrom(page, 'Instance', 'demo-primary')
  await expect(main).not.toContainText('Choose an instance.')
  expect(await mine(developer)).toBe(before)
})

test('content that is too long, empty or not text is refused with the limit and the size', async ({
  portal,
}) => {
  const developer = await portal.api('developer')
  const before = await mine(developer)
  const query = await bodyOf(developer, asked)
  const tooLong = `-- ${'x'.repeat(maxQueryBytes)}\nselect 1`
  const long = await developer.refused('POST', '/api/requests', { ...query, content: tooLong })
  expect([long.status, long.problem.code]).toEqual([413, 'too_large'])
  expect(long.problem.detail).toContain('256 KiB')
  expect(long.problem.detail).toMatch(/256\.0|262,?15\d/)
  const empty = await developer.refused('POST', '/api/requests', { ...query, content: ' \n\t ' })
  expect([empty.status, empty.problem.code]).toEqual([400, 'invalid'])
  expect(empty.problem.faults?.map(({ path }) => path)).toEqual(['content'])
  const zero = await developer.refused('POST', '/api/requests', { ...query, content: 'select \u0000' })
  expect(zero.status).toBe(400)

  const script = async (content: string | Uint8Array<ArrayBuffer>, name: string) => {
    const form = (await bodyOf(developer, { ...asked, fileName: name })) as FormData
    form.set('script', new File([content], name, { type: 'text/javascript' }))
    return developer.refused('POST', '/api/requests', form)
  }
  const big = await script('//'.padEnd(maxScriptBytes + 1, 'x'), 'big.js')
  expect([big.status, big.problem.code]).toEqual([413, 'too_large'])
  expect(big.problem.detail).toContain('512 KiB')
  const latin = await script(new Uint8Array([0x2f, 0x2f, 0xe9, 0x0a]), 'latin1.js')
  expect(latin.status).toBe(400)
  expect(latin.problem.detail + JSON.stringify(latin.problem.faults)).toMatch(/UTF-8/)
  const wrong = await script('print("hello")', 'hello.py')
  expect([400, 415]).toContain(wrong.status)
  expect(wrong.problem.detail + JSON.stringify(wrong.problem.faults)).toMatch(/\.js/)
  expect(await mine(developer), 'nothing was submitted').toBe(before)
})

test('a file that is no script is refused when it is chosen, in words that name the limit', async ({
  portal,
}) => {
  const page = await portal.open('developer', '/requests/new')
  await chooseFrom(page, 'Instance', 'demo-replica')
  await page.getByRole('radio', { name: 'JavaScript script' }).check({ force: true })
  const alert = page.getByRole('main').getByRole('alert')
  await uploadScript(page, 'big.js', '//'.padEnd(600 * 1024, 'x'))
  await expect(alert.first()).toHaveText(
    'A script has at most 512 KiB (524,288 bytes); big.js has 614,400 bytes.',
  )
  await uploadScript(page, 'latin1.js', Buffer.from([0x2f, 0x2f, 0xe9, 0x0a]))
  await expect(alert.first()).toHaveText('latin1.js is not UTF-8 text.')
  await uploadScript(page, 'hello.py', 'print("hello")')
  await expect(alert.first()).toHaveText('hello.py is not a .js file.')
  await uploadScript(page, 'empty.js', '')
  await expect(alert.first()).toHaveText('empty.js is empty.')
  await uploadScript(page, 'good.js', 'return 1')
  await expect(page.getByRole('textbox', { name: 'Preview of the script' })).toContainText('return 1')
  await expect(alert.filter({ hasText: /\S/ })).toHaveCount(0)
})

test('a query over the limit is refused at the field before it is sent', async ({ portal }) => {
  const page = await portal.open('developer', '/requests/new')
  await writeRequest(page, {
    instance: 'demo-replica',
    database: 'demo',
    pod: 'Aviation',
    query: 'select 1',
    comment: 'A long one',
  })
  await page.getByRole('textbox', { name: 'SQL query' }).fill(`-- ${'long '.repeat(52_429)}`)
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(page.getByRole('main')).toContainText(
    'A query has at most 256 KiB (262,144 bytes); this one has',
  )
  await expect(page).toHaveURL(/\/requests\/new$/)
})

test('an unknown instance, database or pod is refused, each by name', async ({ portal }) => {
  const developer = await portal.api('developer')
  const before = await mine(developer)
  const query = (await bodyOf(developer, asked)) as Record<string, unknown>
  const refuse = (change: object) => developer.refused('POST', '/api/requests', { ...query, ...change })
  const instance = await refuse({ instanceId: randomUUID() })
  const database = await refuse({ database: 'no_such_database' })
  const pod = await refuse({ podId: 'no-such-pod' })
  expect([instance, database, pod].map(({ status }) => status)).toEqual([422, 422, 422])
  expect([instance, database, pod].map(({ problem }) => problem.faults?.map(({ path }) => path))).toEqual([
    ['instanceId'],
    ['database'],
    ['podId'],
  ])
  expect(database.problem.detail).toContain('no_such_database')
  expect(await mine(developer)).toBe(before)
})

test('a decision on another text, without a reason, a second time or by a stranger changes nothing', async ({
  portal,
}) => {
  const [developer, manager, other] = [
    await portal.api('developer'),
    await portal.api('manager'),
    await portal.api('other'),
  ]
  const request = await submit(developer, { content: 'select 7 as seven', comment: unique('Decide me') })
  const path = `/api/requests/${request.id}`
  const stale = await manager.refused('POST', `${path}/approve`, { contentHash: 'a'.repeat(64) })
  expect([stale.status, stale.problem.code]).toEqual([409, 'conflict'])
  const noHash = await manager.refused('POST', `${path}/approve`, {})
  expect(noHash.problem.faults?.map((fault) => fault.path)).toEqual(['contentHash'])
  const noReason = await manager.refused('POST', `${path}/reject`, {})
  const shortReason = await manager.refused('POST', `${path}/reject`, { reason: '  too short ' })
  for (const { status, problem } of [noReason, shortReason]) {
    expect(status).toBe(400)
    expect(problem.faults?.map((fault) => fault.path)).toEqual(['reason'])
  }
  const stranger = await other.refused('POST', `${path}/approve`, { contentHash: request.contentHash })
  expect([stranger.status, stranger.problem.code]).toEqual([404, 'not_found'])
  expect(stranger.problem.detail).not.toContain('Decide me')
  const own = await developer.refused('POST', `${path}/approve`, { contentHash: request.contentHash })
  expect([own.status, own.problem.code]).toEqual([403, 'forbidden'])
  expect(await detail(developer, request.id)).toMatchObject({ status: 'PENDING', revision: request.revision })

  await approve(manager, request)
  const deputy = await portal.api('deputy')
  const second = await deputy.refused('POST', `${path}/approve`, { contentHash: request.contentHash })
  expect([second.status, second.problem.code]).toEqual([409, 'conflict'])
  expect(second.problem.detail).toMatch(/^Already approved by Mara Lindqvist at \d\d:\d\d/)
  expect((await finished(developer, request.id)).status).toBe('EXECUTED')
})

test('malformed JSON, unknown fields, unknown types and unknown routes are answered as problems', async ({
  portal,
}) => {
  const developer = await portal.api('developer')
  const query = (await bodyOf(developer, asked)) as Record<string, unknown>
  const malformed = await developer.refused('POST', '/api/requests', '{"kind": "query",')
  expect([malformed.status, malformed.problem.code]).toEqual([400, 'invalid'])
  expect(malformed.contentType).toContain('application/problem+json')
  expect(malformed.problem.requestId).not.toBe('')
  const extra = await developer.refused('POST', '/api/requests', { ...query, approved: true })
  expect(extra.status).toBe(400)
  expect(JSON.stringify(extra.problem)).toContain('approved')
  const text = await developer.refused('POST', '/api/requests', 'select 1', { 'Content-Type': 'text/plain' })
  expect([text.status, text.problem.code]).toEqual([415, 'unsupported_media_type'])
  for (const path of ['/api/nothing-here', '/api/requests/not-a-uuid', `/api/requests/${randomUUID()}`])
    expect((await developer.refused('GET', path)).status, path).toBe(404)
  const gone = await developer.refused('DELETE', `/api/requests/${randomUUID()}`)
  expect([404, 405]).toContain(gone.status)
  const filter = await developer.refused('GET', '/api/requests?status=SLEEPING&limit=0')
  expect(filter.problem.faults?.map(({ path }) => path.split('.')[0]).sort()).toEqual(['limit', 'status'])

  const page = await portal.open('developer', '/there/is/nothing')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found')
  await expect(page.getByRole('main')).toContainText('There is nothing at this address')
  await page.getByRole('link', { name: 'Requests' }).last().click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Requests')
})

test('the same command sent twice is one request', async ({ portal }) => {
  const developer = await portal.api('developer')
  const before = await mine(developer)
  const body = await bodyOf(developer, { content: 'select 1', comment: unique('Sent twice') })
  const key = randomUUID()
  const [first, second] = await Promise.all([
    developer.send('POST', '/api/requests', body, key),
    developer.send('POST', '/api/requests', body, key),
  ])
  expect(second.id).toBe(first.id)
  await developer.get(`/api/requests?minPosition=${second.position}`, requestListSchema)
  expect(await mine(developer)).toBe(before + 1)
})
