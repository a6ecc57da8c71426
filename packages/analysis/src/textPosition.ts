/** Where something is within a text that a person sees: line and column from 1, in characters (code points). A line ends with its line feed. */
export interface TextPosition {
  line: number
  column: number
}

/** PostgreSQL's parser counts bytes of UTF-8, JavaScript UTF-16 units; both offsets from 0. */
export function unitOffsetsOfBytes(text: string, byteOffsets: number[]): number[] {
  const ascending = [...new Set(byteOffsets)].sort((a, b) => a - b)
  const units = new Map<number, number>()
  let bytes = 0
  let unit = 0
  for (const wanted of ascending) {
    while (bytes < wanted && unit < text.length) {
      const point = text.codePointAt(unit) ?? 0
      bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
      unit += point < 0x10000 ? 1 : 2
    }
    units.set(wanted, unit)
  }
  return byteOffsets.map((offset) => units.get(offset) ?? text.length)
}

/** PostgreSQL's error positions count code points, as `Array.from` does; the answer is an offset into the string. */
export function unitOffsetOfCodePoint(text: string, codePoints: number): number {
  let unit = 0
  for (let seen = 0; seen < codePoints && unit < text.length; seen++) {
    unit += (text.codePointAt(unit) ?? 0) < 0x10000 ? 1 : 2
  }
  return unit
}

/** How many characters (code points) a text has. */
export function codePointsOf(text: string): number {
  let count = 0
  for (let unit = 0; unit < text.length; count++) unit += (text.codePointAt(unit) ?? 0) < 0x10000 ? 1 : 2
  return count
}

/** How many characters (code points) stand before each of these offsets, which ascend. */
export function codePointsBefore(text: string, offsets: number[]): number[] {
  let unit = 0
  let count = 0
  return offsets.map((offset) => {
    count += codePointsOf(text.slice(unit, offset))
    unit = Math.max(unit, offset)
    return count
  })
}

/** Line and column of an offset into `text`. */
export function positionOf(text: string, offset: number): TextPosition {
  let line = 1
  let lineStart = 0
  for (let end = text.indexOf('\n'); end >= 0 && end < offset; end = text.indexOf('\n', lineStart)) {
    line++
    lineStart = end + 1
  }
  return { line, column: codePointsOf(text.slice(lineStart, offset)) + 1 }
}

/** The place of an offset into `text` as errors tell it: characters from 1, line and column. */
export const placeOf = (text: string, offset: number): TextPosition & { position: number } => ({
  position: codePointsOf(text.slice(0, offset)) + 1,
  ...positionOf(text, offset),
})
