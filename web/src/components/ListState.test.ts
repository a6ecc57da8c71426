import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { ApiError } from '../api/apiError.ts'
import { mountInPortal } from '../testing/mountInPortal.ts'
import ListState, { type ListPicture } from './ListState.vue'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pictureOf = (state: ListPicture, error?: unknown) =>
  mountInPortal(ListState, {
    props: {
      state,
      error,
      what: 'requests',
      emptyTitle: 'No requests yet',
      emptyText: 'Write the first one.',
    },
    slots: { default: '<p>rows</p>', 'empty-action': '<a>New request</a>' },
  })

it('shows the rows and nothing else when there are some', () => {
  expect(pictureOf('ready').html()).toBe('<p>rows</p>')
})

it('shows no skeleton for an answer that comes within 300 ms', async () => {
  const list = pictureOf('loading')
  expect(list.text()).toBe('Loading requests')
  expect(list.find('[data-slot="base"], .animate-pulse').exists()).toBe(false)
  vi.advanceTimersByTime(310)
  await nextTick()
  expect(list.find('.animate-pulse').exists()).toBe(true)
})

it('invites to the first one when there is nothing yet', () => {
  const list = pictureOf('empty')
  expect(list.get('[data-picture]').attributes('data-picture')).toBe('empty')
  expect(list.text()).toContain('No requests yet')
  expect(list.text()).toContain('New request')
})

it('offers to clear the filters when nothing matches', async () => {
  const list = pictureOf('no-match')
  expect(list.text()).toContain('No requests match')
  await list.get('button').trigger('click')
  expect(list.emitted('clearFilters')).toHaveLength(1)
})

it('says what failed, with the request id and a retry, and never looks empty', async () => {
  const error = new ApiError({
    code: 'internal',
    status: 500,
    message: 'Something broke.',
    requestId: 'req-42',
  })
  const list = pictureOf('failed', error)
  expect(list.get('[role="alert"]').text()).toContain('Something broke.')
  expect(list.text()).toContain('req-42')
  expect(list.text()).not.toContain('No requests yet')
  await list.findAll('button').at(-1)?.trigger('click')
  expect(list.emitted('retry')).toHaveLength(1)
})
