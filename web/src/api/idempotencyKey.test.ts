import { expect, it } from 'vitest'
import { useIdempotencyKey } from './idempotencyKey.ts'

it('keeps the key while the words stay, and makes another one for other words', () => {
  const { keyFor } = useIdempotencyKey()
  const first = keyFor({ reason: 'no WHERE in it' })
  expect(keyFor({ reason: 'no WHERE in it' })).toBe(first)
  expect(keyFor({ reason: 'something else' })).not.toBe(first)
})

it('makes another key for the same words after it was renewed', () => {
  const { keyFor, renew } = useIdempotencyKey()
  const first = keyFor('test')
  renew()
  expect(keyFor('test')).not.toBe(first)
})
