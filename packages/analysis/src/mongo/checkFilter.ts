import { checkExpression, unknownOperator } from './checkExpression.ts'
import { fieldOperators, filterOperators, operandFields } from './lists/queryOperators.ts'
import { isDocument } from './plainValues.ts'
import { refusal, type Where } from './where.ts'

/** Looks through a filter. @throws ShellError for what is none, and for operators that no list holds */
export function checkFilter(filter: unknown, where: Where, what = 'A filter'): void {
  if (!isDocument(filter)) {
    throw refusal(
      `${what} is a document, such as { status: "open" }; to mean every document, write {}.`,
      where,
      filter,
    )
  }
  for (const [name, operand] of Object.entries(filter)) {
    if (!name.startsWith('$')) checkCondition(operand, where)
    else checkOperand(filterOperators.get(name), name, operand, where, filter)
  }
}

/** What stands behind the name of a field. */
function checkCondition(condition: unknown, where: Where): void {
  if (!isDocument(condition)) return checkLiteral(condition, where)
  const names = Object.keys(condition)
  if (!names.some((name) => fieldOperators.has(name))) return checkLiteral(condition, where)
  for (const name of names)
    checkOperand(fieldOperators.get(name), name, condition[name] as unknown, where, condition)
}

function checkOperand(
  shape: ReturnType<typeof fieldOperators.get>,
  name: string,
  operand: unknown,
  where: Where,
  within: unknown,
): void {
  switch (shape) {
    case 'filters':
    case 'conditions':
      if (!Array.isArray(operand)) throw refusal(`${name} takes a list.`, where, within)
      for (const item of operand)
        if (shape === 'filters') checkFilter(item, where, `Each item of ${name}`)
        else checkCondition(item, where)
      return
    case 'filter':
      return isDocument(operand) && Object.keys(operand).some((key) => fieldOperators.has(key))
        ? checkElement(operand, where)
        : checkFilter(operand, where, name)
    case 'condition':
      return checkCondition(operand, where)
    case 'expression':
      return checkExpression(operand, where)
    case 'value':
      return checkLiteral(operand, where)
    case undefined:
      throw unknownOperator(name, 'an operator of filters', where, within)
  }
}

/** `$elemMatch: { $gt: 1 }`, where $and and its like may stand beside the operators of the element itself. */
function checkElement(conditions: Record<string, unknown>, where: Where): void {
  for (const [name, operand] of Object.entries(conditions))
    checkOperand(fieldOperators.get(name) ?? filterOperators.get(name), name, operand, where, conditions)
}

/** A value that is compared as a whole: an operator within it would not be one. */
function checkLiteral(value: unknown, where: Where): void {
  if (Array.isArray(value)) {
    for (const item of value) checkLiteral(item, where)
    return
  }
  if (!isDocument(value)) return
  for (const [name, field] of Object.entries(value)) {
    if (name.startsWith('$') && !operandFields.has(name)) {
      if (!fieldOperators.has(name)) throw unknownOperator(name, 'an operator of filters', where, value)
      throw refusal(
        `${name} stands within a value that is compared as a whole: write the field as "a.b", with the operator behind it.`,
        where,
        value,
      )
    }
    checkLiteral(field, where)
  }
}
