import { expect, it } from 'vitest'
import { addressOf, filtersOf } from './useRequestFilters.ts'

it('reads from the address what was written to it', () => {
  const filters = filtersOf({ view: 'mine', status: 'FAILED,UNKNOWN', q: 'invoice', sort: 'updated' })
  expect(filters).toEqual({ view: 'mine', status: ['FAILED', 'UNKNOWN'], q: 'invoice', sort: 'updated' })
  expect(addressOf(filters)).toEqual({
    view: 'mine',
    status: 'FAILED,UNKNOWN',
    q: 'invoice',
    sort: 'updated',
  })
})

it('leaves out what is no filter', () => {
  expect(filtersOf({ view: 'everything', status: 'BROKEN', kind: 'query', other: 'x' })).toEqual({
    kind: 'query',
  })
  expect(addressOf({ view: 'all', status: undefined, q: '' })).toEqual({})
})
