import { expect, it } from 'vitest'
import type { Page } from './logQueries.ts'
import type { LogRecord } from './logRecord.ts'
import { PageBudget, recordBytes } from './pageBudget.ts'
import { PagePool, type PageRequest } from './pagePool.ts'

const mebibyte = 1024 * 1024

function record(position: number, bytes = 10): LogRecord {
  return {
    position,
    streamKey: 1,
    streamName: 'orders',
    revision: position - 100,
    id: Buffer.alloc(16),
    type: 'Ordered',
    isJson: false,
    createdMicros: 1,
    data: Buffer.alloc(bytes),
    metadata: Buffer.alloc(0),
  }
}

interface Fetches {
  count: number
  allowed: number[]
}

function pageFrom(fetches: Fetches, from: number, limit: number, bytes = 10): PageRequest {
  return {
    place: { source: '$all', from, limit, numberOf: ({ position }) => position },
    read: (maxBytes) => {
      fetches.count++
      fetches.allowed.push(maxBytes())
      const records = Array.from({ length: limit }, (_, index) => record(from + index, bytes))
      return Promise.resolve({ records, isLast: false })
    },
  }
}

const none = (): Fetches => ({ count: 0, allowed: [] })
const positions = ({ records }: Page) => records.map(({ position }) => position)

it('reads a page once for all who are at its place, also in the middle of it, and counts it once', async () => {
  const budget = new PageBudget(mebibyte)
  const pool = new PagePool(budget)
  const fetches = none()
  const pages = await Promise.all([1, 2, 3].map(() => pool.take(pageFrom(fetches, 100, 10))))
  const later = await pool.take(pageFrom(fetches, 105, 3))
  expect(fetches.count).toBe(1)
  expect(positions(later)).toEqual([105, 106, 107])
  expect(positions(await pool.take(pageFrom(fetches, 108, 10)))).toEqual([108, 109])
  expect(budget.takenBytes).toBe(10 * recordBytes(record(1)))
  for (const page of [...pages, later]) page.giveBack()
})

it('forgets a page when the last one gives it back, unless others read too', async () => {
  const budget = new PageBudget(mebibyte)
  const pool = new PagePool(budget)
  const fetches = none()
  const leave = pool.join()
  const alone = await pool.take(pageFrom(fetches, 100, 10))
  alone.giveBack()
  alone.giveBack()
  expect(budget.takenBytes).toBe(0)
  const leaveToo = pool.join()
  ;(await pool.take(pageFrom(fetches, 100, 10))).giveBack()
  expect(budget.takenBytes).toBeGreaterThan(0)
  ;(await pool.take(pageFrom(fetches, 100, 10))).giveBack()
  expect(fetches.count).toBe(2)
  leave()
  expect(budget.takenBytes).toBe(0)
  leaveToo()
})

it('keeps nothing that nobody holds while little is free, and gives smaller pages', async () => {
  const budget = new PageBudget(mebibyte)
  const pool = new PagePool(budget)
  const fetches = none()
  const leaves = [pool.join(), pool.join()]
  const large = await pool.take(pageFrom(fetches, 100, 100, 9000))
  const held = budget.takenBytes
  ;(await pool.take(pageFrom(fetches, 200, 10))).giveBack()
  expect(budget.takenBytes).toBe(held)
  expect(fetches.allowed).toEqual([mebibyte / 4, 64 * 1024])
  large.giveBack()
  for (const leave of leaves) leave()
  expect(budget.takenBytes).toBe(0)
})

it('reads the end anew for everybody, and what has no fixed place', async () => {
  const budget = new PageBudget(mebibyte)
  const pool = new PagePool(budget)
  const leaves = [pool.join(), pool.join()]
  let reads = 0
  const end = (place: PageRequest['place']): PageRequest => ({
    place,
    read: (maxBytes) => {
      maxBytes()
      return Promise.resolve({ records: [record(100 + reads++)], isLast: true })
    },
  })
  const place = { source: '$all', from: 100, limit: 100, numberOf: ({ position }: LogRecord) => position }
  const pages = []
  for (const at of [place, place, undefined, undefined]) pages.push(await pool.take(end(at)))
  expect(reads).toBe(4)
  for (const page of pages) page.giveBack()
  expect(budget.takenBytes).toBe(0)
  for (const leave of leaves) leave()
})

it('gives the room back when a page cannot be read, tells everybody, and reads anew next time', async () => {
  const budget = new PageBudget(mebibyte)
  const pool = new PagePool(budget)
  const fetches = none()
  const broken: PageRequest = {
    ...pageFrom(fetches, 100, 10),
    read: (maxBytes) => {
      maxBytes()
      return Promise.reject(new Error('the connection broke'))
    },
  }
  const results = await Promise.allSettled([pool.take(broken), pool.take(broken)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(budget.takenBytes).toBe(0)
  expect(positions(await pool.take(pageFrom(fetches, 100, 2)))).toEqual([100, 101])
})
