import { requestStatuses } from '@sre-portal/contracts'
import { expect, it } from 'vitest'
import { mountInPortal } from '../testing/mountInPortal.ts'
import StatusBadge from './StatusBadge.vue'
import { statusFaces } from './statusFaces.ts'

it('says each status in one word, with an icon that is hidden from screen readers', () => {
  const words = requestStatuses.map((status) => {
    const badge = mountInPortal(StatusBadge, { props: { status } })
    expect(badge.attributes('data-status')).toBe(status)
    expect(badge.find('[aria-hidden="true"]').exists()).toBe(true)
    return badge.text()
  })
  expect(words).toEqual([
    'Pending',
    'Approved',
    'Rejected',
    'Withdrawn',
    'Cancelled',
    'Executing',
    'Executed',
    'Failed',
    'Unknown',
  ])
})

it('never tells two statuses apart by colour alone', () => {
  const icons = requestStatuses.map((status) => statusFaces[status].icon)
  expect(new Set(icons).size).toBe(icons.length)
})
