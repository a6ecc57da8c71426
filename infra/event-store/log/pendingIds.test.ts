import { expect, it } from 'vitest'
import { PendingIds } from './pendingIds.ts'
import type { ProposedEvent } from './writeCommand.ts'

const nothing = Buffer.alloc(0)
const idOf = (n: number) => Buffer.alloc(16, n)
const eventsWith = (...numbers: number[]): ProposedEvent[] =>
  numbers.map((n) => ({ id: idOf(n), type: 't', isJson: true, data: nothing, metadata: nothing }))

it('knows every id that was added, before and after it was asked', () => {
  const ids = new PendingIds()
  expect(ids.has(idOf(1))).toBe(false)
  ids.add(eventsWith(1, 2))
  ids.add(eventsWith(3))
  expect([1, 2, 3, 4].map((n) => ids.has(idOf(n)))).toEqual([true, true, true, false])
  ids.add(eventsWith(4))
  expect([1, 4, 5].map((n) => ids.has(idOf(n)))).toEqual([true, true, false])
})
