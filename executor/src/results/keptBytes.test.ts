import { expect, test } from 'vitest'
import { plainError } from '@sre-portal/analysis/plainError'
import { KeptBytes } from './keptBytes.ts'

test('keeps what fits, and counts and tells what does not', () => {
  const kept = new KeptBytes(100)
  expect(kept.keeps('columns', 'x'.repeat(60))).toBe(true)
  expect(kept.leftOut).toBeNull()
  expect(kept.keeps('columns', 'x'.repeat(60))).toBe(false)
  expect(kept.keeps('columns', 'x'.repeat(60))).toBe(false)
  expect(kept.keeps('notices', 'x'.repeat(60))).toBe(false)
  expect(kept.keeps('notices', 'x')).toBe(true)
  expect(kept.leftOut).toBe(
    'SRE Portal: what a run brings beside its rows is kept up to 100 bytes. Left out: the columns and rows of 2 statements, 1 notices.',
  )
})

test('counts bytes as they are stored: escapes and letters of more than one byte', () => {
  const kept = new KeptBytes(20)
  expect(kept.keeps('texts', '\u0000\u0000\u0000\u0000')).toBe(false)
  expect(kept.keeps('texts', 'üüüüüüüüü')).toBe(true)
})

test('cuts texts and errors to a few words when there is no more room', () => {
  const kept = new KeptBytes(10)
  expect(kept.text('x'.repeat(10_000))).toBe(`${'x'.repeat(200)}…`)
  const error = { ...plainError('22012', 'y'.repeat(10_000), 'hint'), detail: 'detail', context: 'context' }
  expect(kept.error(error)).toEqual({ ...plainError('22012', `${'y'.repeat(200)}…`) })
  expect(new KeptBytes().error(error)).toBe(error)
})
