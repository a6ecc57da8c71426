import { expect, test } from 'vitest'
import { progressLine } from './progressBar.ts'

test.each([
  [{ position: 0n, head: 100n, events: 0 }, '[                              ]   0 %  0 events'],
  [{ position: 50n, head: 100n, events: 1234 }, '[===============               ]  50 %  1,234 events'],
  [{ position: 100n, head: 100n, events: 2000 }, '[==============================] 100 %  2,000 events'],
  [{ position: 0n, head: 0n, events: 0 }, '[==============================] 100 %  0 events'],
])('%o', (progress, line) => {
  expect(progressLine(progress)).toBe(line)
})
