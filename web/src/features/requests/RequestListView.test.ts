import { flushPromises } from '@vue/test-utils'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { sessions } from '../../api/api.ts'
import { aRequest } from '../../testing/aRequest.ts'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import { aSession } from '../../testing/testAnswers.ts'
import RequestListView from './RequestListView.vue'

const server = setupServer()

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  server.resetHandlers()
  document.body.replaceChildren()
})
afterAll(() => server.close())
beforeEach(() => {
  sessions.open(aSession('a'))
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(800)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1200)
})

it('shows a failed load as failed, and the rows after a retry', async () => {
  const unavailable = {
    type: 'about:blank',
    title: 'Unavailable',
    status: 503,
    code: 'unavailable',
    detail: 'The read model is not ready.',
    requestId: 'req-503',
  }
  server.use(http.get('*/api/requests', () => HttpResponse.json(unavailable, { status: 503 })))
  const view = mountInPortal(RequestListView)
  await vi.waitFor(() => expect(view.find('[data-picture="failed"]').exists()).toBe(true))
  expect(view.text()).toContain('The read model is not ready.')
  expect(view.text()).toContain('req-503')
  expect(view.find('[data-picture="empty"]').exists()).toBe(false)

  const row = aRequest({ id: '00000000-0000-4000-8000-000000001203' })
  const one = { items: [{ ...row, requester: row.requester }], total: 1, nextCursor: null, position: '2' }
  server.use(http.get('*/api/requests', () => HttpResponse.json(one)))
  const retry = view.findAll('button').find((button) => button.text() === 'Retry')
  await retry?.trigger('click')
  await vi.waitFor(() => expect(view.text()).toContain('Backfill invoices'))
  await flushPromises()
  expect(view.find('[data-picture="failed"]').exists()).toBe(false)
})
