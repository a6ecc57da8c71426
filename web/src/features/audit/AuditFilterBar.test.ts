import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sessions } from '../../api/api.ts'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import { aSession, json } from '../../testing/testAnswers.ts'
import AuditFilterBar from './AuditFilterBar.vue'
import { instantOf, localOf } from './localTime.ts'
import { auditAddressOf, auditFiltersOf, type AuditFilters } from './useAuditFilters.ts'

const zoneBefore = process.env['TZ']
beforeEach(() => {
  sessions.open(aSession('a'))
  vi.stubGlobal('fetch', () =>
    Promise.resolve(json({ items: [], total: 0, nextCursor: null, position: '1' })),
  )
})
afterEach(() => {
  if (zoneBefore === undefined) delete process.env['TZ']
  else process.env['TZ'] = zoneBefore
  vi.unstubAllGlobals()
  document.body.innerHTML = ''
})

async function show(zone: string, query: Record<string, string>) {
  process.env['TZ'] = zone
  const changes: Partial<AuditFilters>[] = []
  const onChange = (part: Partial<AuditFilters>) => changes.push(part)
  mountInPortal(AuditFilterBar, { props: { filters: auditFiltersOf(query), narrowed: false, onChange } })
  await flushPromises()
  return changes
}
const field = (label: string) => {
  const found = document.querySelector<HTMLInputElement>(`input[aria-label="${label}"]`)
  if (!found) throw new Error(`There is no field ${label}.`)
  return found
}
const zoneBeside = (label: string) =>
  document.getElementById(field(label).getAttribute('aria-describedby') ?? '')?.textContent

it.each([
  ['UTC', '2026-07-01T10:00:00Z', '2026-07-01T10:00', 'UTC'],
  ['Europe/Berlin', '2026-07-01T10:00:00Z', '2026-07-01T12:00', 'Europe/Berlin, GMT+02:00'],
  ['Europe/Berlin', '2026-12-01T10:00:00Z', '2026-12-01T11:00', 'Europe/Berlin, GMT+01:00'],
  ['Europe/Berlin', '2026-07-01T10:00:00-07:00', '2026-07-01T19:00', 'Europe/Berlin, GMT+02:00'],
  ['Asia/Kolkata', '2026-11-25', '2026-11-25T05:30', /^Asia\/(Kolkata|Calcutta), GMT\+05:30$/],
  ['America/St_Johns', '2026-01-01T00:00:20.125Z', '2025-12-31T20:30:20.125', 'America/St_Johns, GMT-03:30'],
])('in %s the bound %s is shown as %s, and the zone is beside it', async (zone, from, local, beside) => {
  await show(zone, { from })
  expect(field('From').value).toBe(local)
  expect(zoneBeside('From')).toMatch(beside)
  expect(zoneBeside('To')).toMatch(new RegExp(`^(UTC|${zone.split('/')[0] ?? ''}/)`))
})

it('makes of what is typed in the zone an address in UTC, which says the same in every zone', async () => {
  const changes = await show('Asia/Kolkata', {})
  field('To').value = '2026-11-25T15:30'
  field('To').dispatchEvent(new Event('change'))
  expect(changes).toEqual([{ to: '2026-11-25T10:00:00.000Z' }])
  const address = auditAddressOf(auditFiltersOf({ to: '2026-11-25T10:00:00.000Z' }))
  expect(address).toEqual({ to: '2026-11-25T10:00:00.000Z' })
  process.env['TZ'] = 'America/New_York'
  expect(localOf(address['to'])).toBe('2026-11-25T05:00')
})

it.each([
  ['2026-11-25T10:00:00.000Z', '2026-11-25T11:00'],
  ['2026-11-25T10:00:07.000Z', '2026-11-25T11:00:07'],
  ['2026-11-25T10:00:00.004Z', '2026-11-25T11:00:00.004'],
])('loses nothing of %s on its way through the field', (instant, local) => {
  process.env['TZ'] = 'Europe/Berlin'
  expect(localOf(instant)).toBe(local)
  expect(instantOf(local)).toBe(instant)
})

it.each(['', 'yesterday', '275760-12-31T00:00'])('reads no instant from "%s"', (local) => {
  expect(instantOf(local)).toBeUndefined()
})
