import fc from 'fast-check'
import { expect, it } from 'vitest'
import { largestPageBytes, PageBudget, smallestPageBytes } from './pageBudget.ts'

const mebibyte = 1024 * 1024

it('gives a quarter of what is free, at most the largest page and never less than the smallest', () => {
  const budget = new PageBudget(64 * mebibyte)
  expect(budget.take()).toBe(largestPageBytes)
  const shares = Array.from({ length: 500 }, () => budget.take())
  expect(shares[0]).toBe(largestPageBytes)
  expect(shares.at(-1)).toBe(smallestPageBytes)
  expect([...shares].sort((one, other) => other - one)).toEqual(shares)
  expect(budget.isPressed).toBe(true)
})

it('lets nobody wait: with everything taken, the next one still gets a page of its own', () => {
  const budget = new PageBudget(mebibyte)
  budget.adjust(0, 5 * mebibyte)
  expect(budget.take()).toBe(smallestPageBytes)
  expect(budget.takenBytes).toBe(5 * mebibyte + smallestPageBytes)
})

it('counts a page as what it is, and gives its bytes to the next one', () => {
  const budget = new PageBudget(8 * mebibyte)
  const reserved = budget.take()
  expect(reserved).toBe(2 * mebibyte)
  budget.adjust(reserved, 1000)
  expect(budget.takenBytes).toBe(1000)
  budget.giveBack(1000)
  expect(budget.takenBytes).toBe(0)
  expect(budget.isPressed).toBe(false)
  expect(budget.take()).toBe(2 * mebibyte)
  expect(budget.takeSmallest()).toBe(smallestPageBytes)
})

it('holds its bound, whatever is taken and given back: the budget and one small page for each', () => {
  const total = 4 * mebibyte
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('take'), fc.nat(20)), { maxLength: 300 }), (steps) => {
      const budget = new PageBudget(total)
      const held: number[] = []
      for (const step of steps) {
        if (step === 'take') held.push(budget.take())
        else for (const bytes of held.splice(Number(step), 1)) budget.giveBack(bytes)
        expect(budget.takenBytes).toBe(held.reduce((sum, bytes) => sum + bytes, 0))
        const larger = held.filter((bytes) => bytes > smallestPageBytes)
        expect(larger.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(total)
      }
    }),
  )
})
