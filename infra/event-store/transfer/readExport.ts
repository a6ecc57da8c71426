import { describeError } from '../describeError.ts'
import { difference, isClosingLine, parseClosingLine, Tally } from './closingLine.ts'
import { parseEventLine, type EventLine } from './eventLine.ts'
import type { TextLine } from './exportLines.ts'
import { TransferFault } from './transferFault.ts'

export interface ReadOptions {
  /** What is read, for whoever reads a fault. */
  name: string
  /** What has no closing line is read as well, and `say` is told. */
  unclosed: boolean
  /** What a fault means for what was read before it. */
  consequence: string
  say: (words: string) => void
}

/** The events of an export; ends with a fault unless its closing line agrees with all of them. */
export async function* readExport(
  lines: AsyncIterable<TextLine>,
  options: ReadOptions,
): AsyncGenerator<EventLine> {
  try {
    yield* checkedEvents(lines, options)
  } catch (error) {
    const words =
      error instanceof TransferFault ? error.message : `It can not be read (${describeError(error)}).`
    throw new TransferFault(`${options.name}: ${words} ${options.consequence}`)
  }
}

async function* checkedEvents(
  lines: AsyncIterable<TextLine>,
  { unclosed, say, name }: ReadOptions,
): AsyncGenerator<EventLine> {
  const tally = new Tally()
  let number = 0
  let isClosed = false
  for await (const line of lines) {
    number++
    if (isClosed) throw new TransferFault(`Line ${number} stands behind the closing line, where nothing may.`)
    if (isClosingLine(line.text)) {
      close(line.text, number, tally)
      isClosed = true
      continue
    }
    tally.addLine(line.text)
    if (line.text.trim() === '') continue
    const event = eventOf(line, number)
    tally.addEvent(event)
    yield event
  }
  if (isClosed) return
  const { events } = tally.closing()
  if (events === 0) throw new TransferFault('It holds nothing, not even a closing line: it is no export.')
  if (!unclosed)
    throw new TransferFault(
      `It has no closing line behind its ${events} events: it was cut, or an older version wrote it. ` +
        'Which of the two can not be told; --unclosed reads it nevertheless.',
    )
  say(
    `${name} has no closing line behind its ${events} events: a file of an older version, or one that was cut. ` +
      'Which of the two can not be told.',
  )
}

function close(text: string, number: number, tally: Tally): void {
  const closing = parseClosingLine(text)
  if (!closing)
    throw new TransferFault(
      `Line ${number} is a closing line that can not be read: it was cut or changed, or a newer version wrote it.`,
    )
  const differing = difference(closing, tally.closing())
  if (differing !== undefined)
    throw new TransferFault(
      `Its closing line does not agree with the lines before it, which are not what was exported: ${differing}.`,
    )
}

function eventOf({ text, isEnded }: TextLine, number: number): EventLine {
  try {
    return parseEventLine(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const cut = isEnded ? '' : ', and the last one: it was cut in the middle'
    throw new TransferFault(`Line ${number} is no exported event${cut}: ${reason}.`)
  }
}
