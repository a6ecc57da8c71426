import { plainError } from '@sre-portal/analysis/plainError'
import { parseScript } from '@sre-portal/analysis/textAnalysis'
import { positionOf, type TextPosition } from '@sre-portal/analysis/textPosition'
import type { ExecutionError } from '@sre-portal/contracts'
import type { ScriptFailure } from './frames.ts'

// `new AsyncFunction` puts two lines before the first one of the script.
const headerLines = 2
const mark = '<anonymous>:'
const maxFrames = 20

/**
 * The script's own error, with its place in the script; `answered` is the database's error that the script let pass, in the words of the
 * broker. The frames of the runner are left out of the stack.
 */
export async function describeFailure(
  failure: ScriptFailure,
  source: string,
  answered: ExecutionError | null = null,
): Promise<ExecutionError> {
  const frames = scriptFrames(failure.stack, source)
  const place = frames[0]?.place ?? (failure.name === 'SyntaxError' ? await syntaxPlace(source) : null)
  const told = answered ?? plainError(failure.name, failure.message || failure.name)
  return {
    ...told,
    detail: [told.detail, failure.causes].filter((text) => text).join('\n') || null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    stack: frames.length === 0 ? null : frames.map(({ text }) => text).join('\n'),
  }
}

/** The lines of a stack that are in the script: `at name (… <anonymous>:3:5)`. Each is searched once, whatever it holds. */
function scriptFrames(stack: string, source: string): { text: string; place: TextPosition }[] {
  const frames: { text: string; place: TextPosition }[] = []
  for (const line of stack.split('\n').slice(1)) {
    const at = line.lastIndexOf(mark)
    if (at < 0 || frames.length >= maxFrames) continue
    const numbers = /^(\d{1,9}):(\d{1,9})/.exec(line.slice(at + mark.length, at + mark.length + 20))
    if (!numbers) continue
    const place = placeOf(source, Number(numbers[1]) - headerLines, Number(numbers[2]))
    if (!place) continue
    frames.push({ text: `    at ${caller(line.slice(0, at))}script:${place.line}:${place.column}`, place })
  }
  return frames
}

/** `name ` of `    at name (eval at …`, empty for a frame without one. */
function caller(beforeMark: string): string {
  const text = beforeMark.trimStart().replace(/^at /, '')
  const end = text.indexOf('(')
  const name = end < 0 ? '' : text.slice(0, end).trim()
  return name === '' || name === 'eval' ? '' : `${name.slice(0, 200)} `
}

/** From V8's line and column (of UTF-16 units, its own line ends) to those that people see. */
function placeOf(source: string, line: number, column: number): TextPosition | null {
  const lineEnds = /\r\n|[\n\r\u2028\u2029]/g
  let start = 0
  for (let passed = 1; passed < line; passed++) {
    if (!lineEnds.exec(source)) return null
    start = lineEnds.lastIndex
  }
  return line < 1 ? null : positionOf(source, Math.min(start + column - 1, source.length))
}

// V8 does not say where a function body has its syntax error; another parser does.
async function syntaxPlace(source: string): Promise<TextPosition | null> {
  const parsed = await parseScript(source)
  const error = 'error' in parsed ? parsed.error : null
  return error?.line == null ? null : { line: error.line, column: error.column ?? 1 }
}
