/** Where something is within a text that a person sees: line and column from 1, in characters. */
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

/** Line and column of an offset into `text`. */
export function positionOf(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}
