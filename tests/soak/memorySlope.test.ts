import { expect, test } from 'vitest'
import { memorySlopes } from './memorySlope.ts'

/** One sample a second: `rise` MiB a minute after a warm-up that rises steeply. */
const life = (part: string, pid: number, seconds: number, rise: number) =>
  Array.from({ length: seconds + 1 }, (_, second) => ({
    part,
    pid,
    atMs: second * 1000,
    mebibytes: 100 + (second < 20 ? second : 20 + ((second - 20) * rise) / 60),
  }))

test('the slope is that of the longest-lived process, after its warm-up', () => {
  const samples = [...life('a', 1, 40, 50), ...life('a', 2, 140, 6), ...life('b', 3, 25, 1)]
  const [a, b] = memorySlopes(samples)
  expect(a).toMatchObject({ part: 'a', seconds: 120 })
  expect(a?.most).toBeCloseTo(136.67, 1)
  expect(a?.slope).toBeCloseTo(6)
  expect(b).toEqual({ part: 'b', most: 120 + 5 / 60, slope: null, seconds: 5 })
})

test('memory that stays has no slope', () =>
  expect(memorySlopes(life('a', 1, 90, 0))[0]?.slope).toBeCloseTo(0))
