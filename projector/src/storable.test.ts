import { expect, test } from 'vitest'
import { storable } from './storable.ts'

test('only what PostgreSQL cannot hold is replaced, at any depth, in keys too', () => {
  const storedAt = new Date(0)
  expect(
    storable({
      a: ['x\0y', { 'k\0': '\ud83d\ude00 \ud83d' }],
      n: 5,
      b: true,
      z: null,
      u: undefined,
      storedAt,
      p: 7n,
    }),
  ).toEqual({
    a: ['x\ufffdy', { 'k\ufffd': '\ud83d\ude00 \ufffd' }],
    n: 5,
    b: true,
    z: null,
    u: undefined,
    storedAt,
    p: 7n,
  })
})
