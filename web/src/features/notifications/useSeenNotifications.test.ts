import type { Notification } from '@sre-portal/contracts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick, ref } from 'vue'
import { sessions } from '../../api/api.ts'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import { aSession, json } from '../../testing/testAnswers.ts'
import { useSeenNotifications } from './useSeenNotifications.ts'

const notification = (id: string, read = false): Notification => ({
  id,
  at: '2026-11-23T10:00:00.000Z',
  needsAction: false,
  read,
  text: `What happened at ${id}`,
  request: {
    id: '00000000-0000-4000-8000-000000001203',
    number: 1203,
    title: 'Backfill invoices',
    status: 'PENDING',
    target: { id: 'orders', name: 'orders-eu', engine: 'postgresql', environment: 'production' },
    database: 'orders',
  },
  by: null,
})

const marked: unknown[] = []
beforeEach(() => {
  marked.length = 0
  sessions.open(aSession('a'))
  const given: typeof fetch = (input, init) => {
    if (input !== '/api/notifications/read') return Promise.resolve(json({}))
    marked.push(typeof init?.body === 'string' ? JSON.parse(init.body) : null)
    return Promise.resolve(new Response(null, { status: 204 }))
  }
  vi.stubGlobal('fetch', given)
})
afterEach(() => {
  vi.unstubAllGlobals()
  Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true })
  document.body.innerHTML = ''
})

function looking(at: Notification[], open = true) {
  const items = ref(at)
  const looks = ref(open)
  const component = defineComponent(() => {
    const seen = useSeenNotifications(
      () => items.value,
      () => looks.value,
    )
    return () => h('p', seen.value.map(({ id, read }) => `${id} ${read ? 'read' : 'new'}`).join(', '))
  })
  return { items, looks, page: mountInPortal(component) }
}

it('marks what is shown as read up to the newest of it, once, and keeps what was new apart while it is looked at', async () => {
  const { items, looks, page } = looking([notification('9'), notification('7'), notification('3', true)])
  await vi.waitFor(() => expect(marked).toEqual([{ upTo: '9' }]))
  items.value = [notification('9', true), notification('7', true), notification('3', true)]
  await nextTick()
  expect(page.text()).toBe('9 new, 7 new, 3 read')
  items.value = [notification('12'), ...items.value]
  await vi.waitFor(() => expect(marked).toEqual([{ upTo: '9' }, { upTo: '12' }]))
  expect(page.text()).toBe('12 new, 9 new, 7 new, 3 read')
  looks.value = false
  items.value = items.value.map((item) => ({ ...item, read: true }))
  await nextTick()
  expect(page.text()).toBe('12 read, 9 read, 7 read, 3 read')
  expect(marked).toHaveLength(2)
})

it('marks nothing that nobody sees: neither closed nor in a hidden tab', async () => {
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
  const hidden = looking([notification('9')])
  const closed = looking([notification('9')], false)
  await nextTick()
  expect([hidden.page.text(), closed.page.text()]).toEqual(['9 new', '9 new'])
  expect(marked).toEqual([])
  Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.waitFor(() => expect(marked).toEqual([{ upTo: '9' }]))
})
