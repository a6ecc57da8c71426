import type { Page } from '@playwright/test'
import { requestListSchema, type RequestRow, type RequestStatus } from '@sre-portal/contracts'
import { expect, test, type Person, type Portal } from './support/portal.ts'
import { decision } from './support/requests.ts'
import { everyLook, expectSound, twoLooks } from './support/soundness.ts'

interface Route {
  name: string
  as: Person
  path: string | ((portal: Portal) => Promise<string>)
  /** What is there when the page is. */
  shows: (page: Page) => Promise<void>
}

const shows = (text: string | RegExp) => (page: Page) => expect(page.getByRole('main')).toContainText(text)

async function someRequest(portal: Portal, status: RequestStatus, more = ''): Promise<string> {
  const admin = await portal.api('admin')
  const { items } = await admin.get(`/api/requests?status=${status}&sort=oldest${more}`, requestListSchema)
  const found: RequestRow | undefined = items[0]
  if (!found) throw new Error(`There is no request that is ${status}.`)
  return `/requests/${found.id}`
}

const routes: Route[] = [
  { name: 'the dashboard of a manager', as: 'manager', path: '/', shows: shows('Last 14 days') },
  { name: 'the dashboard of an admin', as: 'admin', path: '/', shows: shows('Hello, Ada') },
  { name: 'the list of requests', as: 'manager', path: '/requests', shows: shows('demo-replica') },
  {
    name: 'a list without a match',
    as: 'developer',
    path: '/requests?q=zzzz',
    shows: shows('No requests match'),
  },
  { name: 'a new request', as: 'developer', path: '/requests/new', shows: shows('Submit for review') },
  {
    name: 'a request that waits',
    as: 'manager',
    path: (portal) => someRequest(portal, 'PENDING', '&podId=aviation&q=airports'),
    shows: shows('Two airports lack a city'),
  },
  {
    name: 'a request that was executed',
    as: 'developer',
    path: (portal) => someRequest(portal, 'EXECUTED'),
    shows: async (page) => {
      await expect(page.getByRole('grid').getByRole('gridcell').first()).toBeVisible()
    },
  },
  {
    name: 'a script that was executed',
    as: 'developer',
    path: (portal) => someRequest(portal, 'EXECUTED', '&kind=script'),
    shows: async (page) => {
      await expect(page.getByRole('textbox', { name: 'Returned value' })).toBeVisible()
    },
  },
  {
    name: 'a request that failed',
    as: 'developer',
    path: (portal) => someRequest(portal, 'FAILED'),
    shows: shows('42703'),
  },
  {
    name: 'a request that was rejected',
    as: 'developer',
    path: (portal) => someRequest(portal, 'REJECTED'),
    shows: shows('Name the days you mean'),
  },
  {
    name: 'a history',
    as: 'admin',
    path: async (portal) => `${await someRequest(portal, 'EXECUTED')}?tab=history`,
    shows: shows('The request after this event'),
  },
  { name: 'the review queue', as: 'manager', path: '/review', shows: shows('waiting for you') },
  { name: 'the notifications', as: 'developer', path: '/notifications', shows: shows('approved') },
  { name: 'the audit log', as: 'admin', path: '/audit', shows: shows('UserLoggedIn') },
  { name: 'the instances of an admin', as: 'admin', path: '/instances', shows: shows('demo-primary') },
  { name: 'the instances of a developer', as: 'developer', path: '/instances', shows: shows('demo-primary') },
  { name: 'the pods', as: 'admin', path: '/pods', shows: shows('aviation') },
  { name: 'the users', as: 'admin', path: '/users?q=demo.example', shows: shows('developer@demo.example') },
  {
    name: 'a page of another role',
    as: 'developer',
    path: '/users',
    shows: shows('This page is for admins'),
  },
  { name: 'no page', as: 'developer', path: '/nothing', shows: shows('There is nothing at this address') },
]

for (const { name, as, path, shows: isThere } of routes)
  test(`${name} is sound in light and dark, on a desk and on a phone`, async ({ portal }) => {
    const page = await portal.open(as, typeof path === 'string' ? path : await path(portal))
    await isThere(page)
    await expectSound(page, everyLook)
    expect(portal.seen.refusals, 'calls that were refused').toEqual([])
  })

test('the page to sign in is sound, with and without faults', async ({ portal }) => {
  const page = await portal.visit('/login')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in')
  await expectSound(page, everyLook)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('main')).toContainText('Type an e-mail address.')
  await expectSound(page, twoLooks)
})

interface Opened {
  name: string
  as: Person
  path: Route['path']
  open: (page: Page) => Promise<void>
}
const pending = (portal: Portal) => someRequest(portal, 'PENDING', '&podId=aviation&q=airports')
const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()

const dialogs: Opened[] = [
  {
    name: 'the question before an approval',
    as: 'manager',
    path: pending,
    open: (page) => decision(page).getByRole('button', { name: 'Approve and run' }).click(),
  },
  {
    name: 'the rejection with its fault',
    as: 'manager',
    path: pending,
    open: async (page) => {
      await decision(page).getByRole('button', { name: 'Reject' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
    },
  },
  {
    name: 'the command palette',
    as: 'manager',
    path: '/requests',
    open: (page) => page.keyboard.press('Control+k'),
  },
  { name: 'the list of shortcuts', as: 'manager', path: '/requests', open: press(/^Shortcuts/) },
  { name: 'the latest notifications', as: 'developer', path: '/requests', open: press(/^Notifications/) },
  { name: 'the panel of a user', as: 'admin', path: '/users?q=demo.example', open: press(/^Edit Devi/) },
  { name: 'the panel of a pod', as: 'admin', path: '/pods', open: press(/^Edit Aviation/) },
  { name: 'the panel of an instance', as: 'admin', path: '/instances', open: press('Add an instance') },
  {
    name: 'the question before a deactivation',
    as: 'admin',
    path: '/users?q=demo.example',
    open: press(/^Deactivate Devi/),
  },
  {
    name: 'an audit entry',
    as: 'admin',
    path: '/audit?type=RequestRejected',
    open: (page) =>
      page
        .getByRole('row', { name: /RequestRejected/ })
        .first()
        .getByRole('gridcell')
        .nth(2)
        .click(),
  },
  {
    name: 'the new password',
    as: 'developer',
    path: '/requests',
    open: async (page) => {
      await page.getByRole('button', { name: /^Your account/ }).click()
      await page.getByRole('menuitem', { name: 'Change password' }).click()
    },
  },
]

for (const { name, as, path, open } of dialogs)
  test(`${name} is sound over its page`, async ({ portal }) => {
    const page = await portal.open(as, typeof path === 'string' ? path : await path(portal))
    await expect(page.getByRole('main')).toContainText(/\w/)
    await open(page)
    await expect(page.getByRole('dialog').first()).toBeVisible()
    await expectSound(page, twoLooks)
  })

test('a whole value beside its grid, and the menu on a phone, are sound', async ({ portal }) => {
  const page = await portal.open('developer', await someRequest(portal, 'EXECUTED'))
  await page.getByRole('grid').getByRole('gridcell').first().dblclick()
  await expect(page.getByRole('button', { name: /Copy (the )?row/i })).toBeVisible()
  await expectSound(page, everyLook)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Open menu' }).click()
  await expect(page.getByRole('dialog').getByRole('link', { name: 'Requests', exact: true })).toBeVisible()
  await expectSound(
    page,
    everyLook.filter(({ width }) => width === 390),
  )
})

test('the numbers of a text stand beside its lines, in every window that opens it', async ({ portal }) => {
  const path = await someRequest(portal, 'PENDING', '&q=airports')
  for (let window = 0; window < 5; window += 1) {
    const page = await portal.open('manager', path, { viewport: { width: 1440, height: 900 } })
    await expect(page.locator('.cm-line').first()).toBeVisible()
    await expect
      .poll(() => page.evaluate(numberBesideLine), 'how far the first number is from its line')
      .toBe(0)
    await page.close()
  }
})

/** In whole pixels; not a number while there is none. */
function numberBesideLine(): number {
  const top = (selector: string) => document.querySelector(selector)?.getBoundingClientRect().top ?? NaN
  const number = top('.cm-lineNumbers .cm-gutterElement:not([style*="visibility"])')
  return Math.round(number - top('.cm-line'))
}
