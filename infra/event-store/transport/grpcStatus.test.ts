import { expect, it } from 'vitest'
import { encodeStatusMessage, encodeTrailerValue } from './grpcStatus.ts'
import { parseTimeoutMs } from './grpcCall.ts'

it('a status message is percent-encoded where it is not printable ASCII', () => {
  expect(encodeStatusMessage("Event stream 'ä%' is deleted.\n")).toBe(
    "Event stream '%C3%A4%25' is deleted.%0A",
  )
})

it('a trailer stays as it is while it is printable ASCII', () => {
  expect(encodeTrailerValue('100% plain')).toBe('100% plain')
  expect(encodeTrailerValue('größe')).toBe('gr%C3%B6%C3%9Fe')
})

it('a timeout is read in each of its units', () => {
  const texts = ['2H', '3M', '4S', '5m', '6000u', '7000000n', 'x', '123456789S', undefined]
  expect(texts.map(parseTimeoutMs)).toEqual([
    7_200_000,
    180_000,
    4000,
    5,
    6,
    7,
    undefined,
    undefined,
    undefined,
  ])
})
