import type { Expression, ObjectExpression, SpreadElement } from 'acorn'
import {
  Binary,
  BSONRegExp,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
  type Document,
} from 'mongodb'
import { ShellError, type Placed } from './shellError.ts'

type Arguments = (Expression | SpreadElement)[]
type Constructor = (values: unknown[], place: Placed) => unknown

const integer = (value: unknown): number => Number(value)
const text = (value: unknown): string => String(value)

// As mongosh has them, with and without `new`.
const constructors = new Map<string, Constructor>([
  ['ObjectId', ([hex]) => (hex === undefined ? new ObjectId() : new ObjectId(text(hex)))],
  ['ISODate', ([date], place) => toDate(date, place)],
  ['Date', ([date], place) => toDate(date, place)],
  ['NumberLong', ([digits]) => Long.fromString(text(digits ?? 0))],
  ['Long', ([digits]) => Long.fromString(text(digits ?? 0))],
  ['NumberInt', ([value]) => new Int32(integer(value ?? 0))],
  ['Int32', ([value]) => new Int32(integer(value ?? 0))],
  ['Double', ([value]) => new Double(integer(value ?? 0))],
  ['NumberDecimal', ([digits]) => Decimal128.fromString(text(digits ?? 0))],
  ['Decimal128', ([digits]) => Decimal128.fromString(text(digits ?? 0))],
  ['UUID', ([hex]) => (hex === undefined ? new UUID() : new UUID(text(hex)))],
  ['BinData', ([subType, base64]) => Binary.createFromBase64(text(base64), integer(subType))],
  ['HexData', ([subType, hex]) => Binary.createFromHexString(text(hex), integer(subType))],
  ['Timestamp', ([t, i]) => new Timestamp({ t: integer(t ?? 0), i: integer(i ?? 0) })],
  ['MinKey', () => new MinKey()],
  ['MaxKey', () => new MaxKey()],
  ['RegExp', ([pattern, flags]) => new BSONRegExp(text(pattern), text(flags ?? ''))],
  ['DBRef', ([collection, id]) => new DBRef(text(collection), id as ObjectId)],
])

const identifiers = new Map<string, unknown>([
  ['undefined', undefined],
  ['NaN', NaN],
  ['Infinity', Infinity],
])

/** Reads an expression of the shell as the value it stands for. Nothing is evaluated: what isn't a value is an error at its place. */
export function toValue(node: Expression | SpreadElement): unknown {
  switch (node.type) {
    case 'Literal':
      if (node.regex) return new BSONRegExp(node.regex.pattern, node.regex.flags.replaceAll(/[^imxsu]/g, ''))
      return typeof node.value === 'bigint' ? Long.fromBigInt(node.value) : node.value
    case 'TemplateLiteral':
      if (node.expressions.length > 0)
        throw new ShellError('A template with expressions is not allowed: write the text itself.', node)
      return node.quasis.map((part) => part.value.cooked ?? '').join('')
    case 'ArrayExpression':
      return node.elements.map((element) => (element === null ? undefined : toValue(element)))
    case 'ObjectExpression':
      return toDocument(node)
    case 'UnaryExpression': {
      const operand = numberOf(node.argument)
      if (node.operator === '-') return -operand
      if (node.operator === '+') return operand
      throw new ShellError(`The operator ${node.operator} is not allowed here.`, node)
    }
    case 'BinaryExpression':
      if (node.left.type === 'PrivateIdentifier') throw new ShellError('A value is expected here.', node)
      return calculate(node.operator, numberOf(node.left), numberOf(node.right), node)
    case 'Identifier':
      return valueOfIdentifier(node.name, node)
    case 'NewExpression':
    case 'CallExpression':
      return construct(node.callee, node.arguments, node)
    case 'ParenthesizedExpression':
      return toValue(node.expression)
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      throw new ShellError('Functions are not allowed: a query is data. Submit a script instead.', node)
    default:
      throw new ShellError('A value is expected here: queries are read as data, not run as JavaScript.', node)
  }
}

export const toValues = (nodes: Arguments): unknown[] => nodes.map(toValue)

function toDocument(node: ObjectExpression): Document {
  const document: Document = {}
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init' || property.method) {
      throw new ShellError('Only plain fields are allowed in a document.', property)
    }
    const { key } = property
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null
    if (name === null) throw new ShellError('The name of a field is a word or a text.', key)
    // A field may be called __proto__; it must not become the prototype.
    Object.defineProperty(document, name, {
      value: toValue(property.value),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return document
}

function construct(callee: Expression | { type: 'Super' }, args: Arguments, place: Placed): unknown {
  const name =
    callee.type === 'Identifier'
      ? callee.name
      : callee.type === 'MemberExpression'
        ? memberName(callee)
        : null
  if (name === 'Date.now') return Date.now()
  const make = name === null ? undefined : constructors.get(name)
  if (!make) throw new ShellError(`${name ?? 'This call'} is not a value of MongoDB's shell.`, place)
  try {
    return make(toValues(args), place)
  } catch (error) {
    if (error instanceof ShellError) throw error
    throw new ShellError(
      `${name} can not be made of this: ${error instanceof Error ? error.message : ''}`,
      place,
    )
  }
}

function memberName(node: Expression & { type: 'MemberExpression' }): string | null {
  return node.object.type === 'Identifier' && node.property.type === 'Identifier'
    ? `${node.object.name}.${node.property.name}`
    : null
}

function valueOfIdentifier(name: string, place: Placed): unknown {
  if (identifiers.has(name)) return identifiers.get(name)
  if (name === 'MinKey' || name === 'MaxKey') return constructors.get(name)?.([], place)
  throw new ShellError(`"${name}" is not known: only values are allowed here, and texts need quotes.`, place)
}

function numberOf(node: Expression | SpreadElement): number {
  const value = toValue(node)
  if (typeof value === 'number') return value
  if (value instanceof Date) return value.getTime()
  throw new ShellError('Only numbers can be calculated with.', node)
}

function calculate(operator: string, left: number, right: number, place: Placed): number {
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

function toDate(value: unknown, place: Placed): Date {
  const date =
    value === undefined
      ? new Date()
      : new Date(value instanceof Date || typeof value === 'number' ? value : text(value))
  if (Number.isNaN(date.getTime()))
    throw new ShellError('This is not a date. Write it as "2026-01-31T12:00:00Z".', place)
  return date
}
