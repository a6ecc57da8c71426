import { randomBytes } from 'node:crypto'
import { instanceListSchema, podListSchema, userListSchema } from '@sre-portal/contracts'
import { makeAccount } from './support/accounts.ts'
import { expect, test } from './support/portal.ts'
import { chooseFrom } from './support/newRequest.ts'
import { decision, submit } from './support/requests.ts'
import { unique } from './support/unique.ts'

const mark = () => randomBytes(4).toString('hex')

test('an admin adds a user, who signs in; faults stand at their fields', async ({ portal }) => {
  const email = `story-${mark()}@people.example`
  const page = await portal.open('admin', '/users')
  await page.getByRole('button', { name: 'Add a user' }).click()
  const panel = page.getByRole('dialog', { name: 'Add a user' })
  await panel.getByLabel('E-mail').fill('not an address')
  await panel.getByLabel('Name').fill('Sana Petrov')
  await panel.getByLabel('Password', { exact: true }).fill('short')
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(panel).toContainText('An e-mail address looks like name@company.example.')
  await expect(panel).toContainText('A password needs at least 12 characters.')
  await expect(panel.getByLabel('E-mail')).toBeFocused()
  await panel.getByLabel('E-mail').fill(email)
  await panel.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(panel).toBeHidden()
  await page.getByRole('searchbox', { name: /^Search users/ }).fill(email)
  await expect(page.getByRole('main').getByRole('listitem').filter({ hasText: email })).toContainText(
    'Developer',
  )

  const theirs = await portal.visit('/login')
  await theirs.getByLabel('E-mail').fill(email.toUpperCase())
  await theirs.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await theirs.getByRole('button', { name: 'Sign in' }).click()
  await expect(theirs.getByRole('main')).toContainText('Hello, Sana')

  await page.getByRole('button', { name: 'Add a user' }).click()
  await panel.getByLabel('E-mail').fill(email)
  await panel.getByLabel('Name').fill('Somebody else')
  await panel.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(panel).toContainText(/already|is taken/i)
  const { items } = await (await portal.api('admin')).get(`/api/users?q=${email}`, userListSchema)
  expect(items.filter((user) => user.email === email).map(({ name }) => name)).toEqual(['Sana Petrov'])
})

test('a changed role and a deactivation take effect at once for somebody who is signed in', async ({
  portal,
}) => {
  const admin = await portal.api('admin')
  const account = await makeAccount(admin, 'DEVELOPER', 'Rolf')
  const theirs = await portal.open(account, '/')
  const pages = theirs.getByRole('navigation', { name: 'Pages' })
  await expect(pages.getByRole('link', { name: 'Requests' })).toBeVisible()
  await expect(pages.getByRole('link', { name: 'Users' })).toHaveCount(0)

  const page = await portal.open('admin', `/users?q=${account.email}`)
  const row = page.getByRole('main').getByRole('listitem').filter({ hasText: account.email })
  await row.getByRole('button', { name: `Edit ${account.name}` }).click()
  const panel = page.getByRole('dialog', { name: `Edit ${account.name}` })
  await chooseFrom(page, 'Role', 'Admin')
  await expect(panel).toContainText('This will grant')
  await panel.getByRole('button', { name: 'Save' }).click()
  await expect(row).toContainText('Admin')
  await expect(pages.getByRole('link', { name: 'Users' })).toBeVisible()
  await pages.getByRole('link', { name: 'Audit log' }).click()
  await expect(theirs.getByRole('grid', { name: 'Audit log' })).toBeVisible()

  const { accessToken } = await portal.session(account)
  await row.getByRole('button', { name: `Deactivate ${account.name}` }).click()
  const asked = page.getByRole('dialog', { name: `Deactivate ${account.name}?` })
  await asked.getByRole('button', { name: 'Deactivate' }).click()
  await expect(row).toContainText('Deactivated')
  await expect(theirs.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()
  const { status } = await portal.nobody.refused(
    'POST',
    '/api/requests',
    {},
    {
      Authorization: `Bearer ${accessToken}`,
    },
  )
  expect(status).toBe(401)
  const login = await portal.nobody.refused('POST', '/api/auth/login', {
    email: account.email,
    password: account.password,
  })
  expect(login.status).toBe(401)
})

test('an admin makes a pod with manager and deputies, and takes the right to decide away again', async ({
  portal,
}) => {
  const admin = await portal.api('admin')
  const [manager, deputy] = [
    await makeAccount(admin, 'MANAGER', 'Mio'),
    await makeAccount(admin, 'MANAGER', 'Dao'),
  ]
  const id = `pod-${mark()}`
  const page = await portal.open('admin', '/pods')
  await page.getByRole('button', { name: 'Add a pod' }).first().click()
  const panel = page.getByRole('dialog', { name: 'Add a pod' })
  await panel.getByLabel('Id', { exact: true }).fill('Not An Id')
  await panel.getByLabel('Name').fill('Story pod')
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(panel).toContainText(/3 to 40 lower-case letters/)
  await expect(panel).toContainText('Choose a manager.')
  await panel.getByLabel('Id', { exact: true }).fill(id)
  await chooseFrom(page, 'Manager', manager.name)
  await panel.getByLabel('Deputies').click()
  await page.getByPlaceholder('Find a manager').fill(deputy.name)
  await page.getByRole('option', { name: deputy.name }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('listbox')).toHaveCount(0)
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(panel).toBeHidden()
  await page.getByRole('searchbox', { name: /^Search pods/ }).fill(id)
  const row = page.getByRole('main').getByRole('listitem').filter({ hasText: id })
  await expect(row).toContainText(manager.name)
  await expect(row).toContainText(deputy.name)

  const developer = await portal.api('developer')
  const request = await submit(developer, {
    pod: id,
    content: 'select 1',
    comment: unique('For the new pod'),
  })
  const deciding = await portal.open(deputy, `/requests/${request.id}`)
  await expect(decision(deciding).getByRole('button', { name: 'Approve and run' })).toBeEnabled()

  await row.getByRole('button', { name: /^Edit/ }).click()
  const edit = page.getByRole('dialog', { name: 'Edit Story pod' })
  await edit.getByLabel('Deputies').click()
  await page.getByRole('option', { name: deputy.name }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('listbox')).toHaveCount(0)
  await edit.getByRole('button', { name: 'Save' }).click()
  await expect(row).not.toContainText(deputy.name)
  const { status } = await (
    await portal.api(deputy)
  ).refused('POST', `/api/requests/${request.id}/approve`, { contentHash: request.contentHash })
  expect(status).toBe(404)
  const { items } = await admin.get(`/api/pods?id=${id}`, podListSchema)
  expect(items.find((pod) => pod.id === id)).toMatchObject({
    name: 'Story pod',
    manager: { name: manager.name },
    deputies: [],
  })
})

test('an admin adds an instance, tests it, and no wrong password is ever shown', async ({ portal }) => {
  const admin = await portal.api('admin')
  const { items } = await admin.get('/api/instances?q=demo-replica', instanceListSchema)
  const endpoint = items.find(({ name }) => name === 'demo-replica')?.connection?.endpoint
  if (endpoint?.kind !== 'host')
    throw new Error('The demonstration has no instance reached by host and port.')
  const name = `story-${mark()}`
  const wrongPassword = `wrong-${mark()}-password`

  const page = await portal.open('admin', '/instances')
  await page.getByRole('button', { name: 'Add an instance' }).first().click()
  const panel = page.getByRole('dialog', { name: 'Add an instance' })
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(panel).toContainText('Type a name.')
  await panel.getByLabel('Name').fill(name)
  await panel.getByLabel('Host').fill(endpoint.host)
  await panel.getByLabel('Port').fill(String(endpoint.port))
  await panel.getByRole('switch', { name: /TLS/ }).uncheck()
  await panel.getByRole('textbox', { name: 'Databases' }).fill('demo')
  await panel.getByRole('textbox', { name: 'Databases' }).press('Enter')
  await panel.getByLabel('User').fill('demo_ro')
  await panel.getByLabel('Password', { exact: true }).fill(wrongPassword)
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(panel).toBeHidden()
  await page.getByRole('searchbox', { name: /^Search instances/ }).fill(name)
  const card = page.getByRole('main').getByRole('listitem').filter({ hasText: name })
  await card.getByRole('button', { name: `Test the connection of ${name}` }).click()
  await expect(card).toContainText('Unreachable:')
  await expect(card).toContainText('The database server refused the stored user or password.')
  expect(await page.content()).not.toContain(wrongPassword)

  const own = (await admin.get(`/api/instances?q=${name}`, instanceListSchema)).items.find(
    (instance) => instance.name === name,
  )
  const audit = await admin.call('GET', `/api/audit?subjectId=${own?.id}`)
  expect(await audit.text()).not.toContain(wrongPassword)

  const working = await portal.open('admin', '/instances?q=demo-replica')
  const replica = working.getByRole('main').getByRole('listitem').filter({ hasText: 'demo-replica' })
  await replica.getByRole('button', { name: 'Test the connection of demo-replica' }).click()
  await expect(replica).toContainText('Reachable')
  await expect(replica).toContainText('PostgreSQL 18')

  await card.getByRole('button', { name: `Retire ${name}` }).click()
  await page
    .getByRole('dialog', { name: `Retire ${name}?` })
    .getByRole('button', { name: 'Retire' })
    .click()
  await expect(card).toContainText('Retired')
})

test('an admin is no way around: not their own role, not themselves, not a pod without a manager', async ({
  portal,
}) => {
  const admin = await portal.api('admin')
  const { user } = await portal.session('admin')
  const page = await portal.open('admin', `/users?q=${user.email}`)
  const own = page.getByRole('main').getByRole('listitem').filter({ hasText: user.email })
  await expect(own.getByRole('button', { name: `Deactivate ${user.name}` })).toBeDisabled()
  const inactive = await admin.refused('PATCH', `/api/users/${user.id}`, { active: false })
  expect([403, 409]).toContain(inactive.status)
  const { user: developer } = await portal.session('developer')
  const pod = await admin.refused('PATCH', '/api/pods/aviation', { managerId: developer.id })
  expect(pod.problem.detail).toMatch(/manager/i)
})
