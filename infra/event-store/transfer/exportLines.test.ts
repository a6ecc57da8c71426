import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { linesOf, type TextLine } from './exportLines.ts'

async function read(chunks: Iterable<Buffer>): Promise<TextLine[]> {
  const lines: TextLine[] = []
  for await (const line of linesOf(() => Readable.from(chunks))) lines.push(line)
  return lines
}

it('lines end at line feeds alone, wherever the pieces of the input end', async () => {
  const character = fc.constantFrom('a', 'ä', '😀', '\u2028', '\u2029', '\u0085', '\v', '\f', '"')
  const line = fc.string({ unit: character, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(fc.array(line), line, fc.integer({ min: 1, max: 9 }), async (whole, last, size) => {
      const bytes = Buffer.from(whole.map((text) => `${text}\n`).join('') + last)
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      )
      expect(await read(chunks)).toEqual([
        ...whole.map((text) => ({ text, isEnded: true })),
        ...(last === '' ? [] : [{ text: last, isEnded: false }]),
      ])
    }),
  )
})

it('a return before the line feed is none of the line', async () => {
  expect(await read([Buffer.from('a\r'), Buffer.from('\nb\r\n')])).toEqual([
    { text: 'a', isEnded: true },
    { text: 'b', isEnded: true },
  ])
})

it.each([
  ['EF BB BF', Buffer.from('\ufeff{}\n')],
  ['FF FE', Buffer.from('\ufeff{}\n', 'utf16le')],
  ['FE FF', Buffer.from('\ufeff{}\n', 'utf16le').swap16()],
])('a byte order mark %s is named, also when it comes in pieces', async (named, bytes) => {
  const pieces = [...bytes].map((byte) => Buffer.from([byte]))
  await expect(read(pieces)).rejects.toThrow(`byte order mark (${named}`)
})

it('a mark within the text is an ordinary character', async () => {
  expect(await read([Buffer.from('{}\n\ufeff{}\n')])).toEqual([
    { text: '{}', isEnded: true },
    { text: '\ufeff{}', isEnded: true },
  ])
})

it('bytes that are no UTF-8 are refused at their line', async () => {
  await expect(read([Buffer.from('{}\n"\xe4"\n', 'latin1')])).rejects.toThrow('Line 2 is not UTF-8')
})

it('an error of the input is one of its reader', async () => {
  const failing = () => new Readable({ read: (): never => expect.fail('read') })
  const broken = () => failing().destroy(new Error('the disk is gone'))
  await expect(linesOf(broken).next()).rejects.toThrow('the disk is gone')
})
