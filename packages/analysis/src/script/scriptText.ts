import { parse } from 'acorn'
import type { ExecutionError } from '@sre-portal/contracts'
import { plainError } from '../plainError.ts'
import { positionOf } from '../textPosition.ts'
import { tooComplex } from '../tooComplex.ts'

export type ParsedScript = { accepted: true } | { error: ExecutionError }

const noModules =
  'Scripts can not import or export: a script has its own text, db, console and the language, nothing else.'

/** Says where a script is not JavaScript that can be run as the body of an async function. */
export function parseScript(content: string): ParsedScript {
  try {
    parse(content, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
    })
    return { accepted: true }
  } catch (error) {
    if (error instanceof RangeError) return { error: tooComplex('This script is nested too deeply.') }
    if (!(error instanceof SyntaxError)) throw error
    const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
    const isModule = error.message.startsWith("'import' and 'export'")
    return { error: placed(content, offset, isModule ? noModules : withoutPlace(error.message)) }
  }
}

const withoutPlace = (message: string) => message.replace(/ \(\d+:\d+\)$/, '')

const placed = (content: string, offset: number, message: string): ExecutionError => ({
  ...plainError('SYNTAX', message, 'Nothing was sent to the database.'),
  position: [...content.slice(0, offset)].length + 1,
  ...positionOf(content, offset),
})
