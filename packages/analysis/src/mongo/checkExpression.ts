import { expressionOperators } from './lists/expressions.ts'
import { javaScriptOperators, listedVersion } from './lists/version.ts'
import { isDocument } from './plainValues.ts'
import { refusal, type Where } from './where.ts'
import type { ShellError } from './shellError.ts'

/** Looks through an expression of an aggregation, wherever its operators stand. @throws ShellError */
export function checkExpression(expression: unknown, where: Where): void {
  if (Array.isArray(expression)) {
    for (const item of expression) checkExpression(item, where)
    return
  }
  if (!isDocument(expression)) return
  for (const [name, operand] of Object.entries(expression)) {
    if (name.startsWith('$') && !expressionOperators.has(name))
      throw unknownOperator(name, 'an operator of aggregations', where, expression)
    if (name !== '$literal') checkExpression(operand, where)
  }
}

/** What a name with a $ is told that no list holds. */
export function unknownOperator(name: string, what: string, where: Where, within: unknown): ShellError {
  const reason = javaScriptOperators.has(name)
    ? `${name} is not allowed: it runs JavaScript on the server. Express it with query operators or $expr.`
    : `${name} is not ${what} that the portal knows (those of MongoDB ${listedVersion}), so it can not tell what it does.`
  return refusal(reason, where, within)
}
