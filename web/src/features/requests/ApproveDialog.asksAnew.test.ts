import { useQuery } from '@pinia/colada'
import { flushPromises } from '@vue/test-utils'
import type { RequestDetail } from '@sre-portal/contracts'
import { defineComponent, h } from 'vue'
import { afterEach, expect, it } from 'vitest'
import { aRequest } from '../../testing/aRequest.ts'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import ApproveDialog from './ApproveDialog.vue'
import { overtakenBy } from './overtakenBy.ts'

afterEach(() => document.body.replaceChildren())

const reason =
  'orders-eu was development when this request was submitted and is production now; it has to be submitted again.'
const asLoaded = aRequest()
const whenOpened = aRequest({
  target: { ...asLoaded.target, environment: 'development' },
  actions: { ...asLoaded.actions, approve: { allowed: true } },
})
const now = aRequest({ actions: { ...asLoaded.actions, approve: { allowed: false, reason } } })

it('asks for the request anew when it opens, shows what is so now, and approves nothing that has changed', async () => {
  let answer: RequestDetail = whenOpened
  const page = defineComponent({
    props: { open: { type: Boolean, required: true } },
    setup(props) {
      const { data } = useQuery({ key: ['request', asLoaded.id], query: () => Promise.resolve(answer) })
      return () =>
        data.value &&
        h(ApproveDialog, {
          open: props.open,
          request: data.value,
          overtaken: overtakenBy(data.value, 'approve'),
        })
    },
  })
  const wrapper = mountInPortal(page, { props: { open: false } })
  await flushPromises()
  answer = now
  const opened: object = { open: true }
  await wrapper.setProps(opened)
  await flushPromises()
  expect(document.body.textContent).toContain('This is production')
  expect(document.body.textContent).not.toContain('This is development')
  expect(document.body.textContent).toContain(reason)
  const button = [...document.querySelectorAll('button')].find(({ textContent }) =>
    textContent.includes('Approve and run'),
  )
  expect(button?.disabled).toBe(true)
})
