import { expect, it } from 'vitest'
import { visibleParts } from './visibleParts.ts'

it('puts a sign for what can’t be seen or turns the text around', () => {
  expect(visibleParts('a\u200bb\u202ec')).toEqual([
    { text: 'a' },
    { text: 'U+200B', hidden: 'U+200B zero-width space' },
    { text: 'b' },
    { text: 'U+202E', hidden: 'U+202E right-to-left override' },
    { text: 'c' },
  ])
})

it('leaves emoji, letters of other scripts and plain text as they are', () => {
  for (const text of ['plain', '', 'Москва a', '👩\u200d👧 ❤\ufe0f'])
    expect(visibleParts(text)).toEqual(text === '' ? [] : [{ text }])
})
