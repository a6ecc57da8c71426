import { expect, test } from 'vitest'
import { daysOfZone } from './daysOfZone.ts'

const bounds = (zone: string, now: string, count: number) =>
  daysOfZone(zone, new Date(now), count).map(
    ({ day, from, to }) => `${day} ${from.toISOString().slice(0, 16)} ${to.toISOString().slice(0, 16)}`,
  )

test.each([
  [
    'UTC',
    '2026-11-25T00:30:00Z',
    ['2026-11-24 2026-11-24T00:00 2026-11-25T00:00', '2026-11-25 2026-11-25T00:00 2026-11-26T00:00'],
  ],
  [
    'Asia/Kolkata',
    '2026-11-24T19:00:00Z',
    ['2026-11-24 2026-11-23T18:30 2026-11-24T18:30', '2026-11-25 2026-11-24T18:30 2026-11-25T18:30'],
  ],
  [
    'America/New_York',
    '2026-11-25T03:00:00Z',
    ['2026-11-23 2026-11-23T05:00 2026-11-24T05:00', '2026-11-24 2026-11-24T05:00 2026-11-25T05:00'],
  ],
  [
    'Pacific/Kiritimati',
    '2026-11-24T10:00:00Z',
    ['2026-11-24 2026-11-23T10:00 2026-11-24T10:00', '2026-11-25 2026-11-24T10:00 2026-11-25T10:00'],
  ],
])('the days of %s at %s', (zone, now, expected) => {
  expect(bounds(zone, now, 2)).toEqual(expected)
})

test('days on which clocks are set are as long as they are', () => {
  const hours = daysOfZone('Europe/Berlin', new Date('2026-10-26T12:00:00Z'), 212).map(
    ({ from, to }) => (to.getTime() - from.getTime()) / 3_600_000,
  )
  expect(hours.filter((length) => length !== 24)).toEqual([23, 25])
})

test('where clocks jump over midnight the day begins after it, and no instant is in no day', () => {
  const days = daysOfZone('Africa/Cairo', new Date('2026-04-25T12:00:00Z'), 4)
  expect(days.map(({ day }) => day)).toEqual(['2026-04-22', '2026-04-23', '2026-04-24', '2026-04-25'])
  for (const [at, { from }] of days.entries()) if (at > 0) expect(from).toEqual(days[at - 1]?.to)
  expect(days[2]?.from.toISOString()).toBe('2026-04-23T22:00:00.000Z')
})
