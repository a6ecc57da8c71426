import { tokTypes, type Token } from 'acorn'
import type { Engine, ExecutionError } from '@sre-portal/contracts'
import { exactDouble } from '../exactNumber.ts'
import { TooDeep, parseBounded } from '../javascript/boundedParser.ts'
import { plainError } from '../plainError.ts'
import { textError, tooComplex } from '../textError.ts'
import { lostField } from './objectLiterals.ts'

export type ParsedScript = { accepted: true } | { error: ExecutionError }

const noModules =
  'Scripts can not import or export: a script has its own text, db, console and the language, nothing else.'

/** Says where a script is not JavaScript that can be run as the body of an async function, and where an object of it would not be what is written. */
export function parseScript(content: string, engine: Engine | null = null): ParsedScript {
  const rounded: Token[] = []
  try {
    const program = parseBounded(content, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
      onToken: (token) => {
        if (token.type === tokTypes.num && isRounded(token, content)) rounded.push(token)
      },
    })
    const [first] = rounded
    if (first) return { error: roundedNumber(first, content) }
    const { body } = program
    if (body.every(({ type }) => type === 'EmptyStatement'))
      return { error: plainError('EMPTY', 'There is nothing to run in this script.') }
    const lost = lostField(program, engine)
    if (lost) return { error: textError('FIELD_LOST', lost.message, { content, offset: lost.offset }) }
    return { accepted: true }
  } catch (error) {
    if (error instanceof TooDeep)
      return { error: tooComplex(error.message, { content, offset: error.offset }) }
    if (!(error instanceof SyntaxError)) throw error
    const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
    const isModule = error.message.startsWith("'import' and 'export'")
    return {
      error: textError('SYNTAX', isModule ? noModules : withoutPlace(error.message), { content, offset }),
    }
  }
}

// What was read and approved must not become another number: JavaScript would round this one without a word.
function isRounded({ start, end }: Token, content: string): boolean {
  const written = content.slice(start, end).replaceAll('_', '')
  if (/^(0[xob][0-9a-f]+|0|[1-9]\d*)$/i.test(written)) {
    const value = Number(written)
    return !Number.isFinite(value) || BigInt(written) !== BigInt(value)
  }
  return /^(0|[1-9]\d*)?(\.\d*)?(e[+-]?\d+)?$/i.test(written) && exactDouble(written) === null
}

function roundedNumber({ start, end }: Token, content: string): ExecutionError {
  const written = content.slice(start, Math.min(end, start + 40))
  const remedy = /^(\d|0[xob])[\da-f_]*$/i.test(written) ? `${written}n, or the digits` : 'the digits'
  const message = `JavaScript has no number ${written} and would round it. Write ${remedy} as a text.`
  return textError('ROUNDED', message, { content, offset: start })
}

const withoutPlace = (message: string) => message.replace(/ \(\d+:\d+\)$/, '')
