import { expect, it } from 'vitest'
import { safeNext } from './router.ts'

it('goes on to a path of this portal only, never to an address that a link has brought along', () => {
  expect(safeNext('/requests?view=mine')).toBe('/requests?view=mine')
  for (const foreign of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'requests',
    undefined,
    ['/a'],
  ]) {
    expect(safeNext(foreign)).toBe('/')
  }
})
