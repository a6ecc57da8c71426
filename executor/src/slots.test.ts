import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

const begun = async (slots: Slots, person: string) => {
  const place = slots.take(person)
  if (place === null) throw new Error(`${person} has enough`)
  return place
}

test('one person leaves a place to the others, whether they come or not', async () => {
  const slots = new Slots(4)
  const [first] = await Promise.all([begun(slots, 'a'), begun(slots, 'a'), begun(slots, 'a')])
  expect(slots.take('a')).toBeNull()
  expect([slots.taken, slots.free]).toEqual([3, 1])
  const other = await begun(slots, 'b')
  expect(slots.free).toBe(0)
  first()
  const again = await begun(slots, 'a')
  expect(slots.take('a')).toBeNull()
  other()
  again()
  again()
  expect(slots.taken).toBe(2)
})

test('whoever waits for a place is counted as if they had it, and comes in turn', async () => {
  const slots = new Slots(2)
  const first = await begun(slots, 'a')
  const second = await begun(slots, 'b')
  const order: string[] = []
  const third = begun(slots, 'c').then((release) => (order.push('c'), release))
  expect(slots.take('c')).toBeNull()
  second()
  const fourth = begun(slots, 'b').then((release) => (order.push('b'), release))
  ;(await third)()
  ;(await fourth)()
  expect(order).toEqual(['c', 'b'])
  first()
  await slots.idle()
  expect(slots.free).toBe(2)
})

test('where there is one place only, everybody takes their turn at it', async () => {
  const slots = new Slots(1)
  const release = await begun(slots, 'a')
  expect(slots.take('a')).toBeNull()
  const next = begun(slots, 'b')
  release()
  ;(await next)()
  expect(slots.taken).toBe(0)
})
