import type { Notice } from '@sre-portal/contracts'
import { afterEach, expect, it } from 'vitest'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import NoticeList from './NoticeList.vue'

afterEach(() => document.body.replaceChildren())

const notice = (more: Partial<Notice>): Notice => ({
  statement: 0,
  severity: 'NOTICE',
  code: '00000',
  message: 'table "t" does not exist, skipping',
  detail: null,
  hint: null,
  context: null,
  ...more,
})
const shown = (notices: string[], noticeDetails?: Notice[]) =>
  mountInPortal(NoticeList, {
    props: { head: { notices, ...(noticeDetails && { noticeDetails }) } },
  })

it('draws what the database said of a notice folded beneath it', async () => {
  const page = shown(
    ['WARNING: low', 'SRE Portal: 3 further notices were not kept.'],
    [
      notice({}),
      notice({
        severity: 'WARNING',
        code: '01000',
        message: 'low',
        detail: 'of ink',
        hint: 'buy some',
        context: 'PL/pgSQL function f() line 2',
        statement: 2,
      }),
    ],
  )
  const [first, second, own, ...more] = page.findAll('li')
  expect(first?.text()).toBe('NOTICE table "t" does not exist, skipping · statement 1')
  expect(first?.find('details').exists()).toBe(false)
  expect(second?.find('summary').text()).toBe('WARNING low · statement 3 · 01000')
  expect(second?.find('details').attributes('open')).toBeUndefined()
  await second?.find('details').trigger('toggle')
  expect(second?.findAll('dl > div').map((fact) => fact.text())).toEqual([
    'Detailof ink',
    'Hintbuy some',
    'ContextPL/pgSQL function f() line 2',
  ])
  expect(own?.text()).toBe('SRE Portal: 3 further notices were not kept.')
  expect(more).toEqual([])
})

it('shows the notices of results of earlier versions as they are', () => {
  const page = shown(['NOTICE: a\nDETAIL: b', 'NOTICE: c'])
  expect(page.findAll('li').map((line) => line.text())).toEqual(['NOTICE: a\nDETAIL: b', 'NOTICE: c'])
})

it('draws the words of two hundred notices, and of one its details once it is unfolded', async () => {
  const details = Array.from({ length: 200 }, (_, index) =>
    notice({ message: `number ${index}`, detail: 'of ink', hint: 'buy some', context: 'f()' }),
  )
  const page = shown(['SRE Portal: 801 further notices were not kept.'], details)
  expect(page.findAll('li')).toHaveLength(201)
  expect(page.findAll('*').length).toBeLessThan(1500)
  await page.findAll('details')[150]?.trigger('toggle')
  expect(page.findAll('dl').map((facts) => facts.text())).toEqual(['Detailof inkHintbuy someContextf()'])
})

it('puts a sign for what hides in the words of a notice', async () => {
  const turned = notice({ message: 'zero\u200bwidth', detail: 'turn\u202eed' })
  const page = shown(['SRE Portal: \u2066'], [turned])
  await page.find('details').trigger('toggle')
  expect(page.findAll('[role="img"]').map((sign) => sign.attributes('aria-label'))).toEqual([
    'U+200B zero-width space',
    'U+202E right-to-left override',
    'U+2066 left-to-right isolate',
  ])
})
