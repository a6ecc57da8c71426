import type { Statement } from './statements.ts'

/** The reason why these statements can't run as one request, or null; checked before anything is sent. */
export function refusalOf(statements: Statement[]): { statement: number; message: string } | null {
  for (const [index, { refusal }] of statements.entries()) {
    if (refusal) return { statement: index, message: refusal }
  }
  const alone = statements.findIndex((statement) => !statement.inTransaction)
  if (alone < 0 || statements.every((statement) => !statement.inTransaction)) return null
  return {
    statement: alone,
    message:
      'This statement can not run in a transaction, so that a failure could not undo it together with the others. Submit it alone.',
  }
}
