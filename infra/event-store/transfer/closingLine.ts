import { createHash } from 'node:crypto'
import { z } from 'zod'

/** What an export says of itself in its last line: a file that was cut has none. */
const closing = z.strictObject({
  events: z.int().min(0),
  /** Counted by their first events, so that nobody has to remember names. */
  streams: z.int().min(0),
  /** Null in an export of an empty log. */
  lastPosition: z.number().nullable(),
  /** Of all lines before it, each with its line feed. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
const closingLine = z.strictObject({ closing })

export type Closing = z.infer<typeof closing>

const beginning = '{"closing":'

export const isClosingLine = (text: string): boolean => text.startsWith(beginning)

export const formatClosingLine = (tally: Tally): string => JSON.stringify({ closing: tally.closing() })

/** Undefined when it is none that this version can read. */
export function parseClosingLine(text: string): Closing | undefined {
  try {
    return closingLine.parse(JSON.parse(text)).closing
  } catch {
    return undefined
  }
}

/** Counts the lines of an export while they are written or read. */
export class Tally {
  private readonly hash = createHash('sha256')
  private events = 0
  private streams = 0
  private lastPosition: number | null = null

  addLine(text: string): void {
    this.hash.update(`${text}\n`)
  }

  addEvent({ position, revision }: { position: number; revision: number | bigint }): void {
    this.events++
    if (BigInt(revision) === 0n) this.streams++
    this.lastPosition = position
  }

  closing(): Closing {
    const { events, streams, lastPosition } = this
    return { events, streams, lastPosition, sha256: this.hash.copy().digest('hex') }
  }
}

/** What differs, in words; undefined when nothing does. */
export function difference(said: Closing, found: Closing): string | undefined {
  const differing = [
    compared('events', said.events, found.events),
    compared('streams', said.streams, found.streams),
    compared('the last position', said.lastPosition, found.lastPosition),
  ].filter((words) => words !== undefined)
  if (differing.length > 0) return differing.join('; ')
  return said.sha256 === found.sha256 ? undefined : 'the SHA-256 of the lines before it is another'
}

function compared(what: string, said: number | null, found: number | null): string | undefined {
  return said === found ? undefined : `${what}: it says ${said ?? 'none'}, the lines hold ${found ?? 'none'}`
}
