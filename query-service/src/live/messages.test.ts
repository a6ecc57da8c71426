import { expect, test } from 'vitest'
import type { LiveMessage } from '@sre-portal/contracts'
import { condensed } from './messages.ts'

test('of several messages on one subject the last is kept, in the order of the log', () => {
  const request = (position: string, id: string): LiveMessage => ({
    kind: 'request',
    position,
    id,
    revision: 1,
    status: 'PENDING',
  })
  const audit = (position: string): LiveMessage => ({ kind: 'audit', position })
  expect(
    condensed([request('1', 'a'), audit('1'), request('2', 'b'), audit('2'), request('3', 'a'), audit('3')]),
  ).toEqual([request('2', 'b'), request('3', 'a'), audit('3')])
  expect(condensed([])).toEqual([])
})
