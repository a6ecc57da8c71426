import type { ExecutionError } from '@sre-portal/contracts'
import { afterEach, expect, it } from 'vitest'
import { mountInPortal } from '../../testing/mountInPortal.ts'
import ExecutionErrorNote from './ExecutionErrorNote.vue'

afterEach(() => document.body.replaceChildren())

it('puts a sign for what hides in any part of an error', () => {
  const error: ExecutionError = {
    code: 'P0001',
    message: 'a\u200bb',
    detail: 'c\u202ed',
    hint: 'e\u2067f',
    position: null,
    line: null,
    column: null,
    stack: 'Error: g\u2060h',
  }
  const note = mountInPortal(ExecutionErrorNote, { props: { error } })
  expect(note.findAll('[role="img"][aria-label]').map((sign) => sign.attributes('aria-label'))).toEqual([
    'U+200B zero-width space',
    'U+202E right-to-left override',
    'U+2067 right-to-left isolate',
    'U+2060 word joiner',
  ])
  expect(note.text()).toContain('aU+200Bb')
})

it('says of a place that it is marked in the code only where it is', () => {
  const error: ExecutionError = {
    ...{ code: '42703', message: 'no such column', detail: null, hint: null, stack: null },
    ...{ position: 8, line: 1, column: 8 },
  }
  const told = (place: { line: number; column: number } | null) =>
    mountInPortal(ExecutionErrorNote, { props: { error, place } }).text()
  expect(told({ line: 3, column: 9 })).toContain('at line 3, column 9, marked in the code')
  expect(told(null)).toContain('at line 1, column 8 of its own text')
  expect(told(null)).not.toContain('marked')
})
