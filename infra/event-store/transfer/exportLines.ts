import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { TransferFault } from './transferFault.ts'

export interface TextLine {
  text: string
  /** False for the last line of what ends without a line feed. */
  isEnded: boolean
}

const lineFeed = 0x0a

const byteOrderMarks = [
  { bytes: [0xef, 0xbb, 0xbf], named: 'EF BB BF, UTF-8' },
  { bytes: [0xff, 0xfe], named: 'FF FE, UTF-16' },
  { bytes: [0xfe, 0xff], named: 'FE FF, UTF-16' },
]

/** Opens its input when it is asked for the first line, so that an error has somebody who hears it. */
export async function* linesOf(open: () => Readable): AsyncGenerator<TextLine> {
  let number = 0
  for await (const { bytes, isEnded } of byteLines(open())) {
    number++
    if (number === 1) refuseByteOrderMark(bytes)
    if (!isUtf8(bytes)) throw new TransferFault(`Line ${number} is not UTF-8, which every export is.`)
    const text = bytes.toString('utf8')
    yield { text: text.endsWith('\r') ? text.slice(0, -1) : text, isEnded }
  }
}

/** Split at line feeds alone: JSON may hold every other character that ends a line somewhere. */
async function* byteLines(input: AsyncIterable<Buffer>): AsyncGenerator<{ bytes: Buffer; isEnded: boolean }> {
  let pieces: Buffer[] = []
  for await (const chunk of input) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      yield { bytes: Buffer.concat([...pieces, chunk.subarray(start, end)]), isEnded: true }
      pieces = []
      start = end + 1
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start))
  }
  if (pieces.length > 0) yield { bytes: Buffer.concat(pieces), isEnded: false }
}

function refuseByteOrderMark(first: Buffer): void {
  const mark = byteOrderMarks.find(({ bytes }) => bytes.every((byte, at) => first[at] === byte))
  if (!mark) return
  throw new TransferFault(
    `It begins with a byte order mark (${mark.named}), which no export writes: another program has rewritten it. ` +
      'Take it as the export wrote it.',
  )
}
