import { expect, it } from 'vitest'
import { countOfHidden } from './countOfHidden.ts'
import { findHiddenCharacters } from './hiddenCharacters.ts'

const brief = (text: string) =>
  findHiddenCharacters(text).map(({ kind, line, column, name }) => [kind, line, column, name])

it('finds what turns the text around, with its place', () => {
  expect(brief('SELECT 1;\n-- \u202eafter\u202c')).toEqual([
    ['bidi', 2, 4, 'U+202E right-to-left override'],
    ['bidi', 2, 10, 'U+202C end of embedding'],
  ])
})

it('finds zero-width, unusual blank and control characters', () => {
  expect(brief('a\u200bb\u00a0c\u0007d\ufeff')).toEqual([
    ['invisible', 1, 2, 'U+200B zero-width space'],
    ['space', 1, 4, 'U+00A0 no-break space'],
    ['control', 1, 6, 'U+0007 control character'],
    ['invisible', 1, 8, 'U+FEFF byte order mark'],
  ])
})

it('finds tag characters beyond the basic plane and counts them as two halves', () => {
  expect(findHiddenCharacters('x\u{e0041}')).toEqual([
    { index: 1, length: 2, line: 1, column: 2, kind: 'invisible', name: 'U+E0041 invisible character' },
  ])
})

it('finds a Cyrillic letter within a Latin name, and leaves whole words of another script alone', () => {
  expect(brief('SELECT p\u0430ssword')).toEqual([
    ['look-alike', 1, 9, 'U+0430 letter of another script that looks Latin'],
  ])
  expect(brief("SELECT 'привет', 'λόγος', 'naïve'")).toEqual([])
})

it('says nothing about tabs, line ends and ordinary text', () => {
  expect(brief('SELECT *\r\n\tFROM "Größe" -- ✓ 日本語 😀')).toEqual([])
})

it('finds a carriage return that ends no line, but leaves CRLF alone', () => {
  expect(brief('-- quiet\rDROP TABLE a;\r\nSELECT 1')).toEqual([
    ['control', 1, 9, 'U+000D carriage return without a line feed'],
  ])
})

it('counts columns in characters, of which an emoji is one', () => {
  expect(brief("\r\n'🙂🙂\u200b'")).toEqual([['invisible', 2, 4, 'U+200B zero-width space']])
})

it('finds every character that is drawn as nothing, whatever its block', () => {
  for (const codePoint of [
    0x2800, 0x2065, 0xfff0, 0xfffc, 0x17b4, 0x1d173, 0x1bca0, 0x13430, 0xe0000, 0xe0fff,
  ]) {
    const found = findHiddenCharacters(`a${String.fromCodePoint(codePoint)}b`)
    expect([codePoint, found.map(({ kind, index }) => [kind, index])]).toEqual([
      codePoint,
      [['invisible', 1]],
    ])
  }
})

it('stops telling them one by one where they fill a text, and says that there are at least so many', () => {
  const found = findHiddenCharacters(`p\u0430y ${'\u200b'.repeat(1_000_000)} p\u0430y`)
  expect(found[0]?.kind).toBe('look-alike')
  expect(countOfHidden(found)).toBe('at least 100,000')
  expect(countOfHidden(found.slice(0, 1200))).toBe('1,200')
})
