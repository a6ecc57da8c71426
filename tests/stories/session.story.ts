import { sessionSchema } from '@sre-portal/contracts'
import type { Page } from '@playwright/test'
import { signIn } from './support/api.ts'
import { makeAccount } from './support/accounts.ts'
import { credentialsOf, expect, sessionKey, test } from './support/portal.ts'
import { writeRequest } from './support/newRequest.ts'
import { statusOf } from './support/requests.ts'
import { unique } from './support/unique.ts'

type Stored = Record<string, string | undefined>

async function readStored(page: Page): Promise<Stored> {
  const text = await page.evaluate<string | null>(`localStorage.getItem('${sessionKey}')`)
  return JSON.parse(text ?? '{}') as Stored
}

/** Replaces some of what the portal has stored. */
async function changeStored(page: Page, change: Stored): Promise<void> {
  const text = JSON.stringify({ ...(await readStored(page)), ...change })
  await page.evaluate(`localStorage.setItem('${sessionKey}', ${JSON.stringify(text)})`)
}

test('an access token that is no longer good is renewed without a word, and a lost answer loses nobody', async ({
  portal,
}) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Ferris')
  const page = await portal.open(account, '/')
  await expect(page.getByRole('main')).toContainText('Hello, Ferris')
  const before = await portal.session(account)
  const spoiled = `${before.accessToken.slice(0, -6)}AAAAAA`
  expect((await portal.nobody.refused('GET', '/api/auth/me', undefined, bearer(spoiled))).status).toBe(401)
  await changeStored(page, { accessToken: spoiled })
  const renewed = page.waitForResponse('**/api/auth/refresh')
  await page.getByRole('link', { name: 'Requests', exact: true }).click()
  expect((await renewed).status()).toBe(200)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Requests')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  const after = await readStored(page)
  expect([after['refreshToken'], after['accessToken']]).not.toContain(before.refreshToken)
  expect(after['accessToken']).not.toBe(spoiled)

  const repeated = await portal.nobody.call('POST', '/api/auth/refresh', {
    refreshToken: before.refreshToken,
  })
  const { refreshToken } = sessionSchema.parse(await repeated.json())
  expect(refreshToken, 'the same token a moment later gets the same successor').toBe(after['refreshToken'])
})

test('when the session is over the portal asks over the page, and what was typed is still there', async ({
  portal,
}) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Dana')
  const page = await portal.open(account, '/requests/new')
  const comment = unique('Typed before the session was over')
  await writeRequest(page, {
    instance: 'demo-replica',
    database: 'demo',
    pod: 'Aviation',
    query: 'select count(*) from weather',
    comment,
  })
  await changeStored(page, { accessToken: 'not-a-token', refreshToken: 'not-a-token-either' })
  await page.getByRole('button', { name: 'Submit for review' }).click()
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await expect(dialog).toContainText('What you typed is kept.')
  await expect(dialog.getByLabel('E-mail')).toHaveValue(account.email)
  await dialog.getByLabel('Password', { exact: true }).fill(account.password)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('textbox', { name: 'Comment' })).toHaveValue(comment)
  await expect(page.getByRole('textbox', { name: 'SQL query' })).toContainText('select count(*) from weather')
  await page.getByRole('button', { name: 'Submit for review' }).click()
  await expect(statusOf(page)).toHaveText('Pending')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(comment)
})

test('a draft outlives a reload, and signing out ends the session for good', async ({ portal }) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Lin')
  const page = await portal.open(account, '/requests/new')
  await page.getByRole('textbox', { name: 'Comment' }).fill('A thought that is not finished')
  await expect(page.getByRole('main')).toContainText('Draft kept on this device')
  const { refreshToken } = await portal.session(account)
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Comment' })).toHaveValue('A thought that is not finished')

  await page.getByRole('button', { name: /^Your account/ }).click()
  const signedOut = page.waitForResponse('**/api/auth/logout')
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  expect((await signedOut).ok()).toBe(true)
  await expect(page).toHaveURL(/\/login$/)
  expect((await portal.nobody.refused('POST', '/api/auth/refresh', { refreshToken })).status).toBe(401)
  await page.goto(`${portal.address}/requests`)
  await expect(page).toHaveURL(/\/login\?next=/)
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Requests')
})

test('a new password needs the current one, and ends every other session', async ({ portal }) => {
  const account = await makeAccount(await portal.api('admin'), 'DEVELOPER', 'Pip')
  const elsewhere = await signIn(portal.address, credentialsOf(account))
  const page = await portal.open(account, '/')
  await page.getByRole('button', { name: /^Your account/ }).click()
  await page.getByRole('menuitem', { name: 'Change password' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change password' })
  await dialog.getByLabel('Current password').fill('not my password at all')
  await dialog.getByLabel('New password').fill('a new long password')
  await dialog.getByRole('button', { name: 'Change password' }).click()
  await expect(dialog).toContainText(/current password/i)
  await expect(dialog.getByRole('alert').or(dialog.locator('[aria-invalid="true"]')).first()).toBeVisible()
  await dialog.getByLabel('Current password').fill(account.password)
  await dialog.getByRole('button', { name: 'Change password' }).click()
  await expect(dialog).toBeHidden()
  const refused = await portal.nobody.refused('POST', '/api/auth/refresh', {
    refreshToken: elsewhere.refreshToken,
  })
  expect(refused.status).toBe(401)
  const again = await portal.nobody.call('POST', '/api/auth/login', {
    email: account.email,
    password: 'a new long password',
  })
  expect(sessionSchema.parse(await again.json()).user.id).toBe(account.id)
})

test('without a token, or with one that is made up, every route answers 401', async ({ portal }) => {
  const paths = [
    '/api/requests',
    '/api/audit',
    '/api/users',
    '/api/pods',
    '/api/instances',
    '/api/notifications',
    '/api/dashboard',
    '/api/stream',
    '/api/auth/me',
  ]
  for (const path of paths) {
    const { status, problem } = await portal.nobody.refused('GET', path)
    expect([path, status, problem.code]).toEqual([path, 401, 'unauthenticated'])
    const forged = await portal.nobody.refused('GET', path, undefined, bearer('a.b.c'))
    expect([path, forged.status]).toEqual([path, 401])
  }
  const { status } = await portal.nobody.refused('POST', '/api/requests', { kind: 'query' })
  expect(status).toBe(401)
})

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
