import { expect, test } from 'vitest'
import { containing } from './conditions.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

test('a cursor gives its key back in its own order, and is refused in any other', () => {
  const cursor = encodeCursor('newest', '42')
  expect(decodeCursor('newest', cursor)).toBe('42')
  expect(() => decodeCursor('oldest', cursor)).toThrow('does not belong to this list')
})

test.each(['', '%', 'e30', Buffer.from('["newest","-1"]').toString('base64url')])(
  '%o is no cursor',
  (text) => {
    expect(() => decodeCursor('newest', text)).toThrow('does not belong to this list')
  },
)

test('a search for wildcards finds the characters themselves', () => {
  expect(containing('100%_\\')).toBe('%100\\%\\_\\\\%')
})
