import { expect, it } from 'vitest'
import { PageBudget, smallestPageBytes } from './pageBudget.ts'
import { PagePool } from './pagePool.ts'
import { PageReader } from './pageReader.ts'

function readerOf(pool: PagePool, allowed: number[]): PageReader {
  return new PageReader({
    pool,
    mayReadAhead: () => true,
    cursorAfter: ({ position }) => position,
    request: (cursor, limit) => ({
      place: undefined,
      read: (maxBytes) => {
        allowed.push(maxBytes())
        const records = Array.from({ length: limit }, (_, index) => ({
          position: cursor + index + 1,
          streamKey: 1,
          streamName: 'orders',
          revision: index,
          id: Buffer.alloc(16),
          type: 'Ordered',
          isJson: false,
          createdMicros: 1,
          data: Buffer.alloc(10),
          metadata: Buffer.alloc(0),
        }))
        return Promise.resolve({ records, isLast: false })
      },
    }),
  })
}

it('gives back each page with the next one, and all at rest, the one that was read ahead too', async () => {
  const budget = new PageBudget(64 * 1024 * 1024)
  const pool = new PagePool(budget)
  const reader = readerOf(pool, [])
  expect(pool.readerCount).toBe(0)
  let cursor = 0
  let most = 0
  for (let n = 0; n < 20; n++) {
    const { records } = await reader.read(cursor, Infinity)
    cursor = records.at(-1)?.position ?? cursor
    most = Math.max(most, budget.takenBytes)
  }
  expect(cursor).toBe(19_100)
  expect(most).toBeLessThan(12 * 1024 * 1024)
  expect(pool.readerCount).toBe(1)
  reader.rest()
  reader.rest()
  await new Promise(setImmediate)
  expect(pool.readerCount).toBe(0)
  expect(budget.takenBytes).toBe(0)
})

it('reads a small page after its consumer stood still, and larger ones again after that', async () => {
  const budget = new PageBudget(64 * 1024 * 1024)
  const allowed: number[] = []
  const reader = readerOf(new PagePool(budget), allowed)
  await reader.read(0, 100)
  reader.giveBack()
  await reader.read(50, 100)
  await reader.read(150, 100)
  expect(allowed[1]).toBe(smallestPageBytes)
  expect(allowed[2]).toBeGreaterThan(smallestPageBytes)
  reader.rest()
})
