import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '../../api/apiError.ts'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import ReasonDialog from './ReasonDialog.vue'

afterEach(() => document.body.replaceChildren())

async function rejecting(send: (reason: string) => Promise<unknown>) {
  const wrapper = mountInPortal(ReasonDialog, {
    props: {
      open: true,
      title: 'Reject this request?',
      subtitle: '#1203 on orders-eu / orders',
      help: 'Dana Levi and the audit log will show it.',
      action: 'Reject',
      busyText: 'Rejecting…',
      icon: 'i-lucide-x',
      color: 'error',
      send,
    },
  })
  await flushPromises()
  const dialog = document.querySelector<HTMLElement>('[role="dialog"]')
  if (!dialog) throw new Error('no dialog is open')
  const field = () => dialog.querySelector('textarea')!
  const write = async (text: string) => {
    field().value = text
    field().dispatchEvent(new Event('input'))
    await flushPromises()
  }
  const press = async () => {
    const buttons = [...dialog.querySelectorAll('button')]
    buttons.find((button) => button.textContent.trim() === 'Reject')?.click()
    await flushPromises()
  }
  return { wrapper, dialog, field, write, press }
}

it('says at the field that a reason is missing or too short, and sends nothing', async () => {
  const send = vi.fn(() => Promise.resolve())
  const { dialog, field, write, press } = await rejecting(send)
  await press()
  expect(dialog.textContent).toContain('Say why, in at least 10 visible characters.')
  expect(field().getAttribute('aria-invalid')).toBe('true')
  await write('too short')
  await press()
  expect(send).not.toHaveBeenCalled()
})

it('sends the reason without the blanks around it, and closes', async () => {
  const send = vi.fn(() => Promise.resolve())
  const { wrapper, write, press } = await rejecting(send)
  await write('  There is no WHERE in it. ')
  await press()
  expect(send.mock.calls).toEqual([['There is no WHERE in it.', null]])
  expect(wrapper.emitted('update:open')).toEqual([[false]])
  expect(wrapper.emitted('done')).toHaveLength(1)
})

it('shows who decided in the meantime, and keeps what was typed', async () => {
  const message = 'Already approved by Hugo Martin at 14:03.'
  const { wrapper, dialog, field, write, press } = await rejecting(() =>
    Promise.reject(new ApiError({ code: 'conflict', status: 409, message })),
  )
  await write('There is no WHERE in it.')
  await press()
  expect(dialog.querySelector('[role="alert"]')?.textContent).toContain(message)
  expect(field().value).toBe('There is no WHERE in it.')
  expect(wrapper.emitted('done')).toBeUndefined()
})

it('can’t be sent any more once somebody else has decided, and keeps what was typed', async () => {
  const send = vi.fn(() => Promise.resolve())
  const { wrapper, dialog, field, write, press } = await rejecting(send)
  await write('There is no WHERE in it.')
  const overtaken: object = { overtaken: 'Already approved by Hugo Martin at 14:03:00.' }
  await wrapper.setProps(overtaken)
  await press()
  field().dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true }))
  await flushPromises()
  expect(send).not.toHaveBeenCalled()
  expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('Already approved by Hugo Martin')
  expect(field().value).toBe('There is no WHERE in it.')
})
