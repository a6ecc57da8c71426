import { expect, it } from 'vitest'
import { Turns } from './turns.ts'

function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

it('runs so many at once, the others in their order, also after failures', async () => {
  const turns = new Turns(2)
  const begun: number[] = []
  const gates = Array.from({ length: 5 }, gate)
  const works = gates.map(({ opened }, index) =>
    turns.take(async () => {
      begun.push(index)
      await opened
      if (index === 0) throw new Error('broke')
      return index
    }),
  )
  const results = Promise.allSettled(works)
  expect(begun).toEqual([0, 1])
  expect(turns.isCrowded).toBe(true)
  for (const { open } of gates) open()
  expect((await results).map((result) => result.status)).toEqual([
    'rejected',
    ...Array.from({ length: 4 }, () => 'fulfilled'),
  ])
  expect(begun).toEqual([0, 1, 2, 3, 4])
  expect(turns.isCrowded).toBe(false)
})

it('gives up for those who wait, and lets later ones in', async () => {
  const turns = new Turns(1)
  const { open, opened } = gate()
  const first = turns.take(() => opened)
  const second = turns.take(() => Promise.resolve('ran'))
  turns.abandon(new Error('no connection'))
  await expect(second).rejects.toThrow('no connection')
  open()
  await first
  expect(await turns.take(() => Promise.resolve('later'))).toBe('later')
})
