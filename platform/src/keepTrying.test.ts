import { expect, it, vi } from 'vitest'
import { keepTrying } from './keepTrying.ts'
import { createLog } from './log.ts'

const log = createLog('test', 'silent')

it('does the work until it succeeds, says what it waits for and why, and logs each reason once', async () => {
  const warn = vi.spyOn(log, 'warn')
  const reasons = ['away', 'away', 'refused']
  const seen: (string | null)[] = []
  const told = (): string | null => trying.trouble()
  const trying = keepTrying(log, 'not made yet', async () => {
    await Promise.resolve()
    seen.push(told())
    const reason = reasons.shift()
    if (reason !== undefined) throw new Error(reason)
  })
  await vi.waitFor(() => expect(trying.trouble()).toBeNull(), { timeout: 10_000 })
  expect(seen).toEqual(['not made yet', 'not made yet: away', 'not made yet: away', 'not made yet: refused'])
  expect(warn.mock.calls).toEqual([
    [{ reason: 'away' }, 'not made yet'],
    [{ reason: 'refused' }, 'not made yet'],
  ])
})

it('stops when it is asked to, and keeps saying what is not done', async () => {
  let attempts = 0
  const trying = keepTrying(log, 'not made yet', () => {
    attempts++
    if (attempts === 2) trying.stop()
    return Promise.reject(new Error('away'))
  })
  await vi.waitFor(() => expect(attempts).toBe(2), { timeout: 10_000 })
  const third = vi.waitFor(() => expect(attempts).toBe(3), { timeout: 1_000 })
  await expect(third).rejects.toThrow()
  expect(trying.trouble()).toBe('not made yet: away')
})
