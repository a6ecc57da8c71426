import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMessages, type MessageBounds } from './messageGuard.ts'
import { cutText } from '../results/statementHead.ts'

const bounds: MessageBounds = { maxBytes: 1_000_000, maxTextBytes: 8 * 1024 + 4 }

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(type, 0, 'latin1')
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

const texts = (type: string, fields: [string, string][]) =>
  message(type, Buffer.from([...fields.map(([letter, text]) => `${letter}${text}\0`), '\0'].join('')))

/** What goes on of this, as it arrives in chunks of these sizes, and what was refused. */
function through(sent: Buffer, sizes: number[], own = bounds) {
  const chunks: Buffer[] = []
  let refused: number | null = null
  const messages = new BoundedMessages(
    own,
    (chunk) => chunks.push(Buffer.from(chunk)),
    (bytes) => (refused = bytes),
  )
  for (let at = 0, n = 0; at < sent.length; n++) {
    const size = Math.max(1, sizes[n % sizes.length] ?? 1)
    messages.push(sent.subarray(at, at + size))
    at += size
  }
  return { chunks, came: Buffer.concat(chunks), refused }
}

/** The fields of an error or a notice, as the driver reads them. */
function fieldsOf(sent: Buffer): [string, string][] {
  expect(sent.readUInt32BE(1)).toBe(sent.length - 1)
  const parts = sent.subarray(5).toString().split('\0')
  expect(parts.slice(-2)).toEqual(['', ''])
  return parts.slice(0, -2).map((part) => [part.slice(0, 1), part.slice(1)])
}

const anyMessage = fc
  .tuple(fc.constantFrom('D', 'T', 'C', 'Z', 'E', 'N', '1', 'S'), fc.uint8Array({ maxLength: 12_000 }))
  .map(([type, body]) => message(type, Buffer.from(body)))

test('whatever is within the bounds goes on unchanged, and only in whole messages, however it arrives', () => {
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 6 }),
      (sent, sizes) => {
        const { chunks, came, refused } = through(Buffer.concat(sent), sizes)
        expect(refused).toBe(null)
        expect(came.equals(Buffer.concat(sent))).toBe(true)
        const ends = new Set<number>([0])
        for (const { length } of sent) ends.add(Math.max(...ends) + length)
        let at = 0
        for (const { length } of chunks) expect(ends.has((at += length))).toBe(true)
      },
    ),
    { numRuns: 200 },
  )
})

test.each([1, 7, 4096, 65_536, 1_000_000_000])(
  'of long texts the beginnings go on, in chunks of %i bytes, and what comes behind them is untouched',
  (size) => {
    const error = texts('E', [
      ['S', 'ERROR'],
      ['C', 'P0001'],
      ['M', 'ä'.repeat(30_000)],
      ['D', `x${'😀'.repeat(10_000)}`],
      ['W', 'short'],
    ])
    const ready = message('Z', Buffer.from('I'))
    const { came } = through(Buffer.concat([ready, error, ready, error, ready]), [size])
    const shortLength = came.subarray(ready.length).readUInt32BE(1) + 1
    const short = came.subarray(ready.length, ready.length + shortLength)
    expect(came.equals(Buffer.concat([ready, short, ready, short, ready]))).toBe(true)
    expect(shortLength).toBeLessThan(17_000)
    const fields = new Map(fieldsOf(short))
    expect([...fields.keys()]).toEqual(['S', 'C', 'M', 'D', 'W'])
    expect([fields.get('S'), fields.get('C'), fields.get('W')]).toEqual(['ERROR', 'P0001', 'short'])
    expect(cutText(fields.get('M') ?? '', 8 * 1024)).toBe(`${'ä'.repeat(4096)}…`)
    expect(cutText(fields.get('D') ?? '', 8 * 1024)).toBe(`x${'😀'.repeat(2047)}…`)
  },
)

test('a text that is larger than any message may be is cut, and not refused', () => {
  const { came, refused } = through(texts('N', [['M', 'x'.repeat(3_000_000)]]), [65_536])
  expect([refused, came.length]).toEqual([null, 5 + 1 + bounds.maxTextBytes + 2])
})

test('fields without end, and what stands behind the end, are left out', () => {
  const fields = Array.from({ length: 100_000 }, (): [string, string] => ['x', ''])
  const many = through(texts('E', fields), [1000]).came
  expect(fieldsOf(many)).toHaveLength(64)
  const behind = message('E', Buffer.from(`Mwhat counts\0\0${'Mmore\0'.repeat(5000)}`))
  expect(fieldsOf(through(behind, [1000]).came)).toEqual([['M', 'what counts']])
})

test('a message that is too large is refused by its header, and nothing goes on after it', () => {
  const large = message('D', Buffer.alloc(2_000_000))
  const before = message('Z', Buffer.from('I'))
  const { came, refused } = through(Buffer.concat([before, large.subarray(0, 50), before]), [10])
  expect([refused, came.equals(before)]).toEqual([2_000_004, true])
})

test('a message is gathered once, in a buffer of its size', () => {
  const large = message('D', Buffer.alloc(900_000, 1))
  const { chunks } = through(large, [65_536])
  expect(chunks).toHaveLength(1)
  expect(chunks[0]?.equals(large)).toBe(true)
})
