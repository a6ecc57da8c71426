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

it('marks a character wherever it stands in a long text', () => {
  const plain = 'x'.repeat(3_000_000)
  expect(visibleParts(`${plain}\u202ey`).slice(1)).toEqual([
    { text: 'U+202E', hidden: 'U+202E right-to-left override' },
    { text: 'y' },
  ])
})

it('says where the signs end in a text that has too many, and loses none of it', () => {
  const parts = visibleParts('a\u200b'.repeat(200_000))
  expect(parts.slice(-3)).toEqual([
    { text: 'a' },
    {
      text: 'not marked from here on',
      hidden: 'After 1000 signs, characters that can’t be seen are not marked from here on',
    },
    { text: '\u200b' + 'a\u200b'.repeat(198_999) },
  ])
  expect(parts.filter(({ hidden }) => hidden?.startsWith('U+200B')).length).toBe(1000)
  expect(visibleParts('a\u200b'.repeat(1000)).length).toBe(2000)
})
