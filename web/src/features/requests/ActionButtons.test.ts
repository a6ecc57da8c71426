import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, it } from 'vitest'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import ActionButtons from './ActionButtons.vue'

afterEach(() => document.body.replaceChildren())

it.each([
  'orders-eu was development when this request was submitted and is production now; it has to be submitted again.',
  'The instance orders-eu was retired after this request was submitted; it has to be submitted again for another one.',
])('disables what cannot be approved and says why: %s', async (reason) => {
  mountInPortal(ActionButtons, {
    props: {
      executing: false,
      offered: [
        { action: 'approve', allowed: false, reason },
        { action: 'reject', allowed: true, reason: '' },
      ],
    },
  })
  await flushPromises()
  const [approve, reject] = [...document.querySelectorAll('button')]
  expect([approve?.textContent.trim(), approve?.disabled]).toEqual(['Approve and run', true])
  const described = document.getElementById(approve?.getAttribute('aria-describedby') ?? '')
  expect(described?.textContent.trim()).toBe(reason)
  expect(reject?.disabled).toBe(false)
})
