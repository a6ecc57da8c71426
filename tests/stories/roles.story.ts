import { auditListSchema, requestListSchema, resultPageSchema } from '@sre-portal/contracts'
import type { Person } from './support/portal.ts'
import { expect, test } from './support/portal.ts'
import { submit, submitAndRun } from './support/requests.ts'
import { unique } from './support/unique.ts'

const people = ['developer', 'manager', 'deputy', 'other', 'admin'] as const

test('who may see a request: its requester, who decides for its pod, and admins; to others it does not exist', async ({
  portal,
}) => {
  const [developer, manager, other] = [
    await portal.api('developer'),
    await portal.api('manager'),
    await portal.api('other'),
  ]
  const aviation = await submitAndRun(developer, manager, {
    content: `select 'of aviation' as secret`,
    comment: unique('For aviation only'),
  })
  const cinema = await submit(other, {
    pod: 'cinema',
    content: 'select 1',
    comment: unique('For cinema only'),
  })
  const seen: Record<string, unknown> = {}
  for (const person of people) {
    const api = await portal.api(person)
    const statuses = await Promise.all(
      [aviation, cinema].flatMap(({ id }) =>
        ['', '/history', '/result'].map((part) => api.call('GET', `/api/requests/${id}${part}`)),
      ),
    )
    seen[person] = statuses.map(({ status }) => status)
  }
  // The request of cinema has not run, so it has no result for anybody.
  expect(seen).toEqual({
    developer: [200, 200, 200, 404, 404, 404],
    manager: [200, 200, 200, 404, 404, 404],
    deputy: [200, 200, 200, 404, 404, 404],
    other: [404, 404, 404, 200, 200, 404],
    admin: [200, 200, 200, 200, 200, 404],
  })
  const found = await other.get(
    `/api/requests?q=${encodeURIComponent('For aviation only')}`,
    requestListSchema,
  )
  expect([found.items, found.total]).toEqual([[], 0])
  const stranger = await portal.open('other', `/requests/${aviation.id}`)
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Page not found')
  await expect(stranger.getByRole('main')).not.toContainText('For aviation only')

  const page = await developer.get(`/api/requests/${aviation.id}/result`, resultPageSchema)
  expect(page.rows).toEqual([['of aviation']])
  const admin = await portal.api('admin')
  const viewed = await admin.get('/api/audit?type=ResultViewed&limit=200', auditListSchema)
  expect(viewed.items.filter(({ data }) => data['requestId'] === aviation.id).length).toBeGreaterThan(0)
})

test('what belongs to admins is 403 for everybody else, whatever they send', async ({ portal }) => {
  for (const person of ['developer', 'manager', 'deputy', 'other'] as const) {
    const api = await portal.api(person)
    const { user } = await portal.session(person)
    const calls = [
      ['GET', '/api/audit', undefined],
      ['GET', '/api/users', undefined],
      [
        'POST',
        '/api/users',
        { email: 'x@y.example', name: 'X', role: 'ADMIN', password: 'long enough a word' },
      ],
      ['PATCH', `/api/users/${user.id}`, { role: 'ADMIN' }],
      ['POST', '/api/pods', { id: 'my-pod', name: 'Mine', managerId: user.id }],
      ['PATCH', '/api/pods/aviation', { managerId: user.id }],
      ['POST', '/api/instances', {}],
    ] as const
    for (const [method, path, body] of calls) {
      const { status, problem } = await api.refused(method, path, body)
      expect([person, method, path, status, problem.code]).toEqual([person, method, path, 403, 'forbidden'])
    }
  }
})

test('the pages that a role has are in its menu, and the others say whom to ask', async ({ portal }) => {
  const common = ['Dashboard', 'Requests', 'Notifications', 'Instances', 'Pods']
  const menus: [Person, string[]][] = [
    ['developer', common],
    ['manager', [...common, 'Review queue']],
    ['admin', [...common, 'Audit log', 'Users']],
  ]
  for (const [person, expected] of menus) {
    const page = await portal.open(person, '/')
    const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
    await expect(links).toHaveCount(expected.length)
    for (const name of expected) await expect(links.filter({ hasText: name })).toHaveCount(1)
  }
  const developer = await portal.open('developer', '/users')
  await expect(developer.getByRole('main')).toContainText('This page is for admins')
  await developer.goto(`${portal.address}/audit`)
  await expect(developer.getByRole('main')).toContainText('This page is for admins')
  await developer.goto(`${portal.address}/review`)
  await expect(developer.getByRole('main')).toContainText('You don’t decide for any pod')
  await developer.goto(`${portal.address}/instances`)
  await expect(developer.getByRole('listitem').filter({ hasText: 'demo-replica' })).toBeVisible()
  await expect(developer.getByRole('main')).not.toContainText('demo_ro')
  await expect(developer.getByRole('button', { name: /^Edit/ })).toHaveCount(0)
})
