import { expect, it } from 'vitest'
import { duration, timeAgo } from './times.ts'

const now = Date.parse('2026-11-23T12:00:00.000Z')
const ago = (ms: number) => timeAgo(new Date(now - ms).toISOString(), now)

it('is relative for thirty days and a date after that', () => {
  expect(ago(3000)).toBe('just now')
  expect(ago(42_000)).toBe('42 s ago')
  expect(ago(5 * 60_000)).toBe('5 min. ago')
  expect(ago(3 * 3_600_000)).toBe('3 hr. ago')
  expect(ago(86_400_000)).toBe('yesterday')
  expect(ago(40 * 86_400_000)).toMatch(/^1[34] Oct 2026$/)
})

it('says durations in the unit that fits', () => {
  expect([0.4, 218, 3200, 61_000, 7_500_000].map(duration)).toEqual([
    '< 1 ms',
    '218 ms',
    '3.2 s',
    '1 min 1 s',
    '2 h 5 min',
  ])
})
