import { expect, it } from 'vitest'
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
