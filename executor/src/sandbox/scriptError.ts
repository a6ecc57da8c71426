import { parse } from 'acorn'
import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError } from '@sre-portal/contracts'

// `new AsyncFunction` puts two lines before the first one of the script.
const headerLines = 2

/** The script's own error, with its place in the script. The frames of the runner are left out of the stack. */
export function describeFailure(
  failure: { name: string; message: string; stack: string },
  source: string,
): ExecutionError {
  const place = failure.name === 'SyntaxError' ? syntaxPlace(source) : firstPlace(failure.stack)
  const stack = failure.stack
    .split('\n')
    .slice(1)
    .filter((line) => line.includes('<anonymous>:'))
    .map((line) =>
      line.replace(/(?:eval )?\(?(?:eval at .*?, )?<anonymous>:(\d+):(\d+)\)*/, toScriptPlace).trimEnd(),
    )
    .join('\n')
  return {
    ...plainError(failure.name.slice(0, 200), failure.message || failure.name),
    line: place?.line ?? null,
    column: place?.column ?? null,
    stack: stack === '' ? null : stack,
  }
}

const toScriptPlace = (_: string, line: string, column: string) =>
  `script:${Number(line) - headerLines}:${column}`

function firstPlace(stack: string): { line: number; column: number } | null {
  const found = /<anonymous>:(\d+):(\d+)/.exec(stack)
  return found ? { line: Number(found[1]) - headerLines, column: Number(found[2]) } : null
}

// V8 does not say where a function body has its syntax error; another parser does.
function syntaxPlace(source: string): { line: number; column: number } | null {
  try {
    parse(source, {
      ecmaVersion: 'latest',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
    })
    return null
  } catch (error) {
    const at =
      error instanceof SyntaxError && 'loc' in error ? (error.loc as { line: number; column: number }) : null
    return at ? { line: at.line, column: at.column + 1 } : null
  }
}
