import { randomBytes } from 'node:crypto'
import { podListSchema } from '@sre-portal/contracts'
import { makeAccount } from './support/accounts.ts'
import { chooseFrom } from './support/newRequest.ts'
import { expect, test, type Portal } from './support/portal.ts'

const many = 65

/** Pods of three pages, whose names begin with a mark. */
async function makePods(portal: Portal) {
  const admin = await portal.api('admin')
  const manager = await makeAccount(admin, 'MANAGER', 'Pia')
  const mark = `many-${randomBytes(4).toString('hex')}`
  const nameOf = (place: number) => `${mark} ${String(place).padStart(2, '0')}`
  let position = '0'
  for (let place = 0; place < many; place++) {
    const pod = { id: `${mark}-${place}`, name: nameOf(place), managerId: manager.id }
    position = (await admin.send('POST', '/api/pods', pod)).position
  }
  const { total } = await admin.get(`/api/pods?q=${mark}&minPosition=${position}`, podListSchema)
  expect(total).toBe(many)
  return { mark, nameOf, manager }
}

test('a long list comes in pages, which have addresses: reload, the way back and a link show the same', async ({
  portal,
}) => {
  test.slow()
  const { mark, nameOf } = await makePods(portal)
  const page = await portal.open('admin', '/pods')
  const rows = page.getByRole('list', { name: 'pods' }).getByRole('listitem')
  const pages = page.getByRole('navigation', { name: 'Pages of pods' })
  await page.getByRole('searchbox', { name: /^Search pods/ }).fill(mark)
  await expect(pages).toContainText('1–30 of 65 pods')
  await expect(rows).toHaveCount(30)
  await expect(rows.first()).toContainText(nameOf(0))
  await expect(page).toHaveURL(new RegExp(`q=${mark}`))

  await pages.getByRole('link', { name: 'Next page' }).click()
  await expect(pages).toContainText('31–60 of 65 pods')
  await expect(rows.first()).toContainText(nameOf(30))
  await expect(page.getByRole('region', { name: 'Page of pods' })).toBeFocused()
  const second = page.url()
  await page.reload()
  await expect(pages).toContainText('31–60 of 65 pods')
  await expect(rows.first()).toContainText(nameOf(30))

  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press(']')
  await expect(pages).toContainText('61–65 of 65 pods')
  await expect(rows).toHaveCount(5)
  await expect(pages.getByRole('button', { name: 'Next page' })).toBeDisabled()
  await page.goBack()
  await expect(pages).toContainText('31–60 of 65 pods')
  await page.keyboard.press('[')
  await expect(pages).toContainText('1–30 of 65 pods')
  await expect(rows.first()).toContainText(nameOf(0))

  const { pathname, search } = new URL(second)
  const theirs = await portal.open('developer', pathname + search)
  await expect(theirs.getByRole('navigation', { name: 'Pages of pods' })).toContainText('31–60 of 65 pods')
  await expect(theirs.getByRole('searchbox', { name: /^Search pods/ })).toHaveValue(mark)

  await page.goto(`${portal.address}/pods?q=${mark}&cursor=e30`)
  await expect(page.getByRole('main')).toContainText('The cursor does not belong to this list')
  await page.getByRole('link', { name: 'First page' }).click()
  await expect(pages).toContainText('1–30 of 65 pods')
})

test('filters of users stay in the address, and menus find what does not stand among the first', async ({
  portal,
}) => {
  test.slow()
  const { mark, nameOf, manager } = await makePods(portal)
  const page = await portal.open('admin', '/users')
  const rows = page.getByRole('list', { name: 'users' }).getByRole('listitem')
  await chooseFrom(page, 'Filter by role', 'Manager')
  await chooseFrom(page, 'Filter by pod', nameOf(64))
  await expect(rows).toHaveCount(1)
  await expect(rows).toContainText(manager.email)
  await expect(rows).toContainText('all 65 pods')
  await page.reload()
  await expect(rows).toHaveCount(1)
  await expect(page.getByLabel('Filter by pod')).toContainText(nameOf(64))
  await expect(page.getByLabel('Filter by role')).toContainText('Manager')
  await rows.getByRole('link', { name: 'all 65 pods' }).click()
  await expect(page.getByRole('navigation', { name: 'Pages of pods' })).toContainText('1–30 of 65 pods')
  await page.goBack()
  await expect(rows).toContainText(manager.email)
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(page).toHaveURL(/\/users$/)

  const asking = await portal.open('developer', '/requests/new')
  await chooseFrom(asking, 'Pod', nameOf(63))
  await expect(asking.getByText(`Decided by ${manager.name}`)).toBeVisible()
  const listing = await portal.open('developer', `/requests?podId=${mark}-62`)
  await expect(listing.getByLabel('Pod', { exact: true })).toContainText(nameOf(62))
})
