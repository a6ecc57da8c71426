import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, it } from 'vitest'
import type { RequestDetail } from '@sre-portal/contracts'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import ApproveDialog from './ApproveDialog.vue'

afterEach(() => document.body.replaceChildren())

async function approving(content: string) {
  const request = {
    id: '6f1c2f52-3a5e-4f63-9a3c-0b7a5b0f3d11',
    number: 12,
    title: 'Count',
    kind: 'query',
    engine: 'postgresql',
    environment: 'production',
    transactionMode: 'single',
    database: 'orders',
    username: 'app',
    content,
    contentHash: 'a'.repeat(64),
    target: { id: 't', name: 'orders-eu', engine: 'postgresql', environment: 'production' },
    requester: { id: 'd', name: 'Dana' },
    limits: { timeMs: 30_000, maxRows: 10, maxResultBytes: 1024, maxLogBytes: 1, maxStatements: 1 },
  } as unknown as RequestDetail
  const wrapper = mountInPortal(ApproveDialog, { props: { open: true, request, overtaken: null } })
  await flushPromises()
  const button = () =>
    [...document.querySelectorAll('button')].find(({ textContent }) =>
      textContent.includes('Approve and run'),
    )
  const box = () => document.querySelector<HTMLInputElement>('input[type="checkbox"]')
  return { wrapper, button, box }
}

it('lets nobody approve a text with characters that can’t be seen before they say that they have looked', async () => {
  const { wrapper, button, box } = await approving('select 1 -- \u202e tnuoc \u200b')
  expect(button()?.disabled).toBe(true)
  expect(document.body.textContent).toContain('I have looked at the 2 characters of this text')
  box()?.click()
  await flushPromises()
  expect(button()?.disabled).toBe(false)
  for (const open of [false, true]) {
    const change: object = { open }
    await wrapper.setProps(change)
  }
  await flushPromises()
  expect(button()?.disabled).toBe(true)
})

it('asks nothing more about an ordinary text', async () => {
  const { button, box } = await approving('select 1')
  expect([button()?.disabled, box()]).toEqual([false, null])
})
