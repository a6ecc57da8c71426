import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sessions } from '../../api/api.ts'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import { aSession, json, problem } from '../../testing/testAnswers.ts'
import ParkedWorkNote from './ParkedWorkNote.vue'

let parkedWork: number | null
let sent: string[]
let refusal: Response | null
beforeEach(() => {
  sent = []
  refusal = null
  sessions.open(aSession('a'))
  const given: typeof fetch = (input, init) => {
    if (init?.method !== 'POST') return Promise.resolve(json({ parkedWork, position: '7' }))
    if (typeof input === 'string') sent.push(input)
    if (refusal) return Promise.resolve(refusal)
    parkedWork = 0
    return Promise.resolve(json({ id: 'operations', revision: 1, position: '9' }))
  }
  vi.stubGlobal('fetch', given)
})
afterEach(() => {
  vi.unstubAllGlobals()
  document.body.innerHTML = ''
})

const show = async (parked: number | null) => {
  parkedWork = parked
  mountInPortal(ParkedWorkNote)
  await flushPromises()
}
const buttons = (name: string) =>
  [...document.querySelectorAll('button')].filter(({ textContent }) => textContent.trim() === name)
const click = async (button: HTMLElement | undefined) => {
  button?.click()
  await flushPromises()
}

it.each([0, null])('shows nothing while nothing is put aside, or nobody says: %s', async (parked) => {
  await show(parked)
  expect([document.body.textContent.trim(), buttons('Deliver again')]).toEqual(['', []])
})

it('says how much is put aside, and has it delivered again once it is confirmed', async () => {
  await show(2)
  expect(document.body.textContent).toContain('2 approvals and connection tests are put aside')
  await click(buttons('Deliver again')[0])
  expect(sent).toEqual([])
  expect(document.body.textContent).toContain('What was begun or decided otherwise since is left as it is.')
  await click(buttons('Deliver again').at(-1))
  expect(sent).toEqual(['/api/operations/replay-parked'])
  await flushPromises()
  expect(document.body.textContent).not.toContain('are put aside')
})

it('keeps the question open, with what the server said, when it is refused', async () => {
  refusal = problem(409, 'conflict')
  await show(1)
  expect(document.body.textContent).toContain('1 approval or connection test is put aside')
  await click(buttons('Deliver again')[0])
  await click(buttons('Deliver again').at(-1))
  expect(document.querySelector('[role="dialog"]')?.textContent).toContain('In words.')
})
