import type { CallExpression, Expression, NewExpression, ObjectExpression, SpreadElement } from 'acorn'
import { Double, Int32, Long, type Document } from 'mongodb'
import { movedField, movedWords } from '../fieldOrder.ts'
import { construct, regExpOf } from './shellConstructors.ts'
import { ShellError, type Argument, type Placed } from './shellError.ts'
import { literalNumber, longOf } from './shellNumbers.ts'
import { callMethod } from './shellValueMethods.ts'

// MongoDB's own reader of such texts, @mongodb-js/shell-bson-parser 1.6.0, agrees on the values that are read here, and is not used: it answers
// "" for what it can't read, rounds long numbers, takes dates for local time, drops arguments, turns functions into texts, and knows no places.

const identifiers = new Map<string, unknown>([
  ['NaN', NaN],
  ['Infinity', Infinity],
])

const places = new WeakMap<object, Placed>()

/** Where a document or list that was read here stands in the text. */
export const placeOfValue = (value: unknown): Placed | undefined =>
  typeof value === 'object' && value !== null ? places.get(value) : undefined

/** Reads an expression of the shell as the value it stands for. Nothing is evaluated: what isn't a value is an error at its place. */
export function toValue(node: Expression | SpreadElement): unknown {
  switch (node.type) {
    case 'Literal':
      if (node.regex) return regExpOf(node.regex.pattern, node.regex.flags, node)
      if (typeof node.value === 'bigint') return longOf(node.value, node)
      if (typeof node.value === 'number') return literalNumber(node.raw ?? String(node.value), node)
      return typeof node.value === 'string' ? wellFormed(node.value, node) : node.value
    case 'TemplateLiteral':
      if (node.expressions.length > 0)
        throw new ShellError('A template with expressions is not allowed: write the text itself.', node)
      return wellFormed(node.quasis.map((part) => part.value.cooked ?? '').join(''), node)
    case 'ArrayExpression': {
      const list = node.elements.map((element) => {
        if (element === null) throw new ShellError('An element of this list is missing: write null.', node)
        return toValue(element)
      })
      places.set(list, node)
      return list
    }
    case 'ObjectExpression':
      return toDocument(node)
    case 'UnaryExpression':
      return signed(node.operator, node.argument, node)
    case 'BinaryExpression':
      if (node.left.type === 'PrivateIdentifier') throw new ShellError('A value is expected here.', node)
      return calculate(node.operator, toValue(node.left), toValue(node.right), node)
    case 'Identifier':
      return valueOfIdentifier(node.name, node)
    case 'NewExpression':
    case 'CallExpression':
      return valueOfCall(node)
    case 'ParenthesizedExpression':
      return toValue(node.expression)
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      throw new ShellError('Functions are not allowed: a query is data. Submit a script instead.', node)
    default:
      throw new ShellError('A value is expected here: queries are read as data, not run as JavaScript.', node)
  }
}

export const toArguments = (nodes: (Expression | SpreadElement)[]): Argument[] =>
  nodes.map((node) => ({ value: toValue(node), place: { start: node.start, end: node.end } }))

function toDocument(node: ObjectExpression): Document {
  const document: Document = {}
  const names: string[] = []
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init' || property.method) {
      throw new ShellError('Only plain fields are allowed in a document.', property)
    }
    const name = nameOfField(property.key)
    if (Object.hasOwn(document, name)) {
      throw new ShellError(
        `The field ${name} stands twice in this document, and one would be lost.`,
        property.key,
      )
    }
    // A field may be called __proto__; it must not become the prototype.
    Object.defineProperty(document, name, {
      value: toValue(property.value),
      enumerable: true,
      writable: true,
      configurable: true,
    })
    names.push(name)
  }
  const moved = movedField(names)
  if (moved) throw new ShellError(movedWords(names, moved), node.properties[moved.at] ?? node)
  places.set(document, node)
  return document
}

function nameOfField(key: Expression): string {
  if (key.type === 'Identifier') return key.name
  if (key.type !== 'Literal') throw new ShellError('The name of a field is a word or a text.', key)
  if (typeof key.value === 'string') return wellFormed(key.value, key)
  const name = String(key.value)
  if (name !== key.raw)
    throw new ShellError(`The field would be called ${name}: write its name as a text, in quotes.`, key)
  return name
}

function valueOfCall(node: NewExpression | CallExpression): unknown {
  const { callee } = node
  const isNew = node.type === 'NewExpression'
  const args = toArguments(node.arguments)
  if (callee.type === 'Identifier') return construct(callee.name, args, isNew, node)
  if (callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier') {
    const { object, property } = callee
    if (object.type === 'Identifier') return construct(`${object.name}.${property.name}`, args, isNew, node)
    if (!isNew && (object.type === 'NewExpression' || object.type === 'CallExpression'))
      return callMethod(toValue(object), property.name, args, property)
  }
  return construct(null, args, isNew, node)
}

function valueOfIdentifier(name: string, place: Placed): unknown {
  if (identifiers.has(name)) return identifiers.get(name)
  if (name === 'MinKey' || name === 'MaxKey') return construct(name, [], false, place)
  if (name === 'undefined') {
    throw new ShellError('undefined is no value of a database: write null, or leave the field out.', place)
  }
  throw new ShellError(`"${name}" is not known: only values are allowed here, and texts need quotes.`, place)
}

function signed(operator: string, argument: Expression, place: Placed): unknown {
  if (operator !== '-' && operator !== '+')
    throw new ShellError(`The operator ${operator} is not allowed here.`, place)
  if (argument.type === 'Literal' && typeof argument.value === 'bigint' && operator === '-')
    return longOf(-argument.value, place)
  const operand = numberOf(toValue(argument), argument)
  return operator === '-' ? -operand : operand
}

function numberOf(value: unknown, place: Placed): number {
  if (typeof value === 'number') return value
  if (value instanceof Date) return value.getTime()
  if (value instanceof Int32 || value instanceof Double) return value.valueOf()
  const hint = value instanceof Long ? ' Write the result as NumberLong("...").' : ''
  throw new ShellError(`Only numbers can be calculated with.${hint}`, place)
}

function calculate(operator: string, left: unknown, right: unknown, place: Placed): unknown {
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right
  if (operator === '+' && (left instanceof Date || right instanceof Date)) {
    throw new ShellError(
      'A date and a number put together are a text in JavaScript: write new Date(Date.now() + ...).',
      place,
    )
  }
  const [a, b] = [numberOf(left, place), numberOf(right, place)]
  const result = resultOf(operator, a, b, place)
  const rounded = Number.isInteger(a) && Number.isInteger(b) && Number.isInteger(result)
  if (!Number.isFinite(result) || (rounded && !Number.isSafeInteger(result)))
    throw new ShellError('The result is not exactly a number: write the value itself.', place)
  return result
}

function resultOf(operator: string, left: number, right: number, place: Placed): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    default:
      throw new ShellError(`The operator ${operator} is not allowed here.`, place)
  }
}

/** A text that UTF-8 can hold: half a surrogate pair would become another character. */
function wellFormed(text: string, place: Placed): string {
  if (/\p{Surrogate}/u.test(text))
    throw new ShellError(
      'This text holds half a character (a lone surrogate), which can not be stored.',
      place,
    )
  return text
}
