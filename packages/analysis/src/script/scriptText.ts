import { parse } from 'acorn'
import type { ExecutionError } from '@sre-portal/contracts'
import { plainError } from '../plainError.ts'
import { textError, tooComplex } from '../textError.ts'

export type ParsedScript = { accepted: true } | { error: ExecutionError }

const noModules =
  'Scripts can not import or export: a script has its own text, db, console and the language, nothing else.'

/** Says where a script is not JavaScript that can be run as the body of an async function. */
export function parseScript(content: string): ParsedScript {
  try {
    const { body } = parse(content, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
    })
    if (body.every(({ type }) => type === 'EmptyStatement'))
      return { error: plainError('EMPTY', 'There is nothing to run in this script.') }
    return { accepted: true }
  } catch (error) {
    if (isTooDeep(error)) return { error: tooComplex('This script is nested too deeply.') }
    if (!(error instanceof SyntaxError)) throw error
    const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
    const isModule = error.message.startsWith("'import' and 'export'")
    return {
      error: textError('SYNTAX', isModule ? noModules : withoutPlace(error.message), { content, offset }),
    }
  }
}

// acorn tells an exhausted stack as a fault of the text.
const isTooDeep = (error: unknown) =>
  error instanceof RangeError ||
  (error instanceof SyntaxError && error.message.startsWith('Not enough stack'))

const withoutPlace = (message: string) => message.replace(/ \(\d+:\d+\)$/, '')
