import type { ExecutionError, ResultHead } from '@sre-portal/contracts'

/** Where in the request's content the error is, as an index of UTF-16 units; null when nobody said. */
export function errorOffset(
  content: string,
  head: ResultHead | null,
  error: ExecutionError | null,
): number | null {
  const failed = head?.statements.find((statement) => statement.error !== null)
  if (failed?.error?.position != null && failed.offset !== null)
    return afterCharacters(content, 0, failed.offset + failed.error.position - 1)
  // A statement of a script counts the lines of its own text, and the script may have caught its error.
  const ofContent = failed?.offset == null ? null : failed.error
  const told = head?.error ?? ofContent ?? error
  return told?.line == null ? null : ofLine(content, told.line, told.column ?? 1)
}

/** Line and column of an index, counted as the contract counts: characters from 1, of which an emoji is one. */
export function placeOf(content: string, offset: number): { line: number; column: number } {
  const before = content.slice(0, offset).split('\n')
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 }
}

/** Every place is told in code points, JavaScript counts halves of the rare ones. */
function afterCharacters(text: string, from: number, characters: number): number {
  let index = from
  for (let passed = 0; passed < characters && index < text.length; passed += 1) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1
  }
  return index
}

function ofLine(text: string, line: number, column: number): number | null {
  const lines = text.split('\n')
  const found = lines[line - 1]
  if (found === undefined) return null
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0)
  return start + afterCharacters(found, 0, Math.max(0, column - 1))
}
