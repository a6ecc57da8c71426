import { expect, test, vi } from 'vitest'
import { createLog } from '@sre-portal/platform/log'
import { reportInterruptions } from './interruptions.ts'

test('an outage of ten minutes is some lines while pauses grow, then one line a minute, and a new cause is told at once', () => {
  vi.useFakeTimers()
  const log = createLog('test', 'silent')
  const warn = vi.spyOn(log, 'warn')
  const report = reportInterruptions(log)
  const refused = new Error('refused')
  for (const delayMs of [100, 200, 400, 800, 1600, 3200, 5000]) {
    report(refused, delayMs)
    vi.advanceTimersByTime(delayMs)
  }
  expect(warn).toHaveBeenCalledTimes(7)
  for (let n = 0; n < 120; n++) {
    report(refused, 5000)
    vi.advanceTimersByTime(5000)
  }
  expect(warn.mock.calls.length - 7).toBeGreaterThanOrEqual(9)
  expect(warn.mock.calls.length - 7).toBeLessThanOrEqual(10)
  const before = warn.mock.calls.length
  report(new Error('password refused'), 5000)
  expect(warn).toHaveBeenCalledTimes(before + 1)
  expect(warn.mock.lastCall).toEqual([
    { reason: 'password refused', delayMs: 5000 },
    'the projection was interrupted and starts again',
  ])
  vi.useRealTimers()
})
