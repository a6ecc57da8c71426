import { expect, test } from 'vitest'
import { placeOf, unitOffsetOfCodePoint, unitOffsetsOfBytes } from './textPosition.ts'

const text = "-- 😀é\r\nselect '😀' x"

test('places count characters, however many units or bytes these have', () => {
  expect(placeOf(text, text.indexOf('select'))).toEqual({ position: 8, line: 2, column: 1 })
  expect(placeOf(text, text.indexOf('x'))).toEqual({ position: 19, line: 2, column: 12 })
  expect(placeOf(text, 0)).toEqual({ position: 1, line: 1, column: 1 })
  expect(placeOf('a\n\n', 3)).toEqual({ position: 4, line: 3, column: 1 })
})

test('bytes and characters are turned into offsets of the string', () => {
  expect(unitOffsetsOfBytes(text, [0, 3, 7, 11, 9])).toEqual([0, 3, 5, 8, 6])
  expect(unitOffsetOfCodePoint(text, 7)).toBe(8)
})
