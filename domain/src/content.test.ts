import { describe, expect, it } from 'vitest'
import { contentHashOf, decodeScript, displayFileName, ensureContent } from './content.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('content', () => {
  it('has the SHA-256 of its UTF-8 bytes', () =>
    expect(contentHashOf('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c'))

  it('is accepted at its limit and refused one byte above, with both numbers', () => {
    expect(() => ensureContent('query', 'é'.repeat(131_072))).not.toThrow()
    expect(() => ensureContent('query', 'é'.repeat(131_072) + 'x')).toThrow(
      'The query has 262,145 bytes; at most 262,144 (256 KiB) are allowed.',
    )
    expect(() => ensureContent('script', 'x'.repeat(524_289))).toThrow(
      'at most 524,288 (512 KiB) are allowed.',
    )
  })

  it.each([
    ['NUL', 'select 1\u0000', /U\+0000\) at character 9/],
    ['escape', '\u001b[2J', /U\+001B\) at character 1/],
    ['a lone surrogate', '\ud800', /not valid Unicode/],
  ])('refuses %s', (_name, text, message) => expect(() => ensureContent('query', text)).toThrow(message))

  it('accepts tabs and every kind of line break', () =>
    expect(() => ensureContent('query', 'select\t1\r\n,2\r,3\n')).not.toThrow())
})

describe('an uploaded script', () => {
  it('keeps its byte order mark, because the hash is that of what was uploaded', () =>
    expect(decodeScript(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa'))

  it.each([
    ['invalid UTF-8', bytes(0x61, 0xff)],
    ['UTF-16', bytes(0xff, 0xfe, 0x61, 0x00)],
    ['an overlong form', bytes(0xc0, 0xaf)],
  ])('is refused as %s', (_name, data) => expect(() => decodeScript(data)).toThrow(/not valid UTF-8/))

  it.each([
    ['../../etc/x.js', 'x.js'],
    ['C:\\tmp\\x.js', 'x.js'],
    ['a\r\nb.js', 'ab.js'],
    ['evil\u202egnp.js', 'evilgnp.js'],
  ])('is shown by its plain name: %j', (name, shown) => expect(displayFileName(name)).toBe(shown))

  it('keeps a long name short', () => expect(displayFileName(`${'x'.repeat(300)}.js`)).toHaveLength(100))

  it.each(['x.txt', 'x.js.exe', 'js', ''])('is refused as %j', (name) =>
    expect(() => displayFileName(name)).toThrow(/Only \.js files/),
  )
})
