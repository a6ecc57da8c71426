import type { ExecutionError } from '@sre-portal/contracts'
import { plainError } from '../plainError.ts'
import { textError } from '../textError.ts'
import { noParameters } from './foreignNotation.ts'
import type { Parsed, Statement } from './statements.ts'

/** Why a query is not run, told before anything is sent. */
export interface Refusal {
  /** Which statement is at fault, when the text has statements. */
  statement: number | null
  error: ExecutionError
}

/** The reason why these statements can't run as one query, or null. */
export function refusalOf(content: string, parsed: Parsed): Refusal | null {
  if ('error' in parsed) return { statement: null, error: parsed.error }
  const { statements } = parsed
  if (statements.length === 0)
    return { statement: null, error: plainError('EMPTY', 'There is no statement in this query.') }
  for (const [statement, { refusal, offset, parameter }] of statements.entries()) {
    if (refusal) return { statement, error: textError('REFUSED', refusal, { content, offset }) }
    if (parameter) {
      const place = { content, offset: parameter.offset }
      return { statement, error: textError('REFUSED', noParameters(parameter.number), place) }
    }
  }
  return mixture(content, statements)
}

function mixture(content: string, statements: Statement[]): Refusal | null {
  const index = statements.findIndex((statement) => !statement.inTransaction)
  const alone = statements[index]
  if (!alone || statements.every((statement) => !statement.inTransaction)) return null
  const message =
    'This statement can not run in a transaction, so that a failure could not undo it together with the others. Submit it alone.'
  return { statement: index, error: textError('REFUSED', message, { content, offset: alone.offset }) }
}
