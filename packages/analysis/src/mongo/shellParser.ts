import {
  parse,
  type Expression,
  type MemberExpression,
  type Program,
  type Statement as SyntaxStatement,
} from 'acorn'
import type { ExecutionError } from '@sre-portal/contracts'
import { plainError } from '../plainError.ts'
import { positionOf } from '../textPosition.ts'
import { checkOperation, type Modifier, type Operation } from './operations.ts'
import { ShellError } from './shellError.ts'
import { toValues } from './shellValues.ts'

/** One statement of a MongoDB query. */
export interface ShellStatement {
  text: string
  offset: number
  operation: Operation
}

export type ParsedShell = { statements: ShellStatement[] } | { error: ExecutionError }

interface Call {
  name: string
  args: unknown[]
  place: { start: number; end: number }
}

/** Takes a query as people write it in mongosh apart into operations, or says where it isn't one. Nothing of it is evaluated. */
export function parseShell(content: string): ParsedShell {
  try {
    const program = parseProgram(content)
    const statements = program.body.flatMap((node) => {
      const operation = toOperation(node as SyntaxStatement)
      return operation
        ? [{ text: content.slice(node.start, node.end).replace(/;$/, ''), offset: node.start, operation }]
        : []
    })
    return { statements }
  } catch (error) {
    if (!(error instanceof ShellError)) throw error
    return { error: placed(content, error) }
  }
}

function parseProgram(content: string): Program {
  try {
    return parse(content, { ecmaVersion: 'latest', sourceType: 'script' })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
    throw new ShellError(error.message.replace(/ \(\d+:\d+\)$/, ''), { start: offset })
  }
}

function toOperation(node: SyntaxStatement): Operation | null {
  if (node.type === 'EmptyStatement') return null
  if (node.type !== 'ExpressionStatement') {
    throw new ShellError(
      'Write one operation a statement, such as db.orders.find({}). For anything else submit a script.',
      node,
    )
  }
  const { path, calls } = takeApart(node.expression)
  const [first, ...rest] = calls
  if (!first) throw new ShellError('This is not an operation: it ends without a call.', node)
  const { collection, method, modifiers } = resolve(path, first, rest)
  return checkOperation({ collection, method: method.name, args: method.args, modifiers }, method.place)
}

/** `db.a.b.find(x).sort(y)`: the names before the first call, and the calls with the name before each. */
function takeApart(expression: Expression): { path: string[]; calls: Call[] } {
  const calls: Call[] = []
  let node: Expression = expression
  while (node.type === 'CallExpression') {
    const { callee } = node
    if (callee.type !== 'MemberExpression') throw new ShellError('An operation begins with "db."', node)
    calls.unshift({ name: nameOf(callee), args: toValues(node.arguments), place: callee })
    if (callee.object.type === 'Super') throw new ShellError('An operation begins with "db."', node)
    node = callee.object
  }
  const path: string[] = []
  while (node.type === 'MemberExpression') {
    path.unshift(nameOf(node))
    if (node.object.type === 'Super') throw new ShellError('An operation begins with "db."', node)
    node = node.object
  }
  if (isOtherDatabase(node) || calls.some(({ name }) => otherDatabase.has(name))) {
    throw new ShellError(
      'The database is the one that the request was approved for; no other can be reached.',
      node,
    )
  }
  if (node.type !== 'Identifier' || node.name !== 'db')
    throw new ShellError('An operation begins with "db."', node)
  return { path, calls }
}

const otherDatabase = new Set(['getSiblingDB', 'getDB'])

const isOtherDatabase = (node: Expression): boolean =>
  node.type === 'CallExpression' &&
  node.callee.type === 'MemberExpression' &&
  node.callee.property.type === 'Identifier' &&
  otherDatabase.has(node.callee.property.name)

function nameOf(node: MemberExpression): string {
  const { property, computed } = node
  if (!computed && property.type === 'Identifier') return property.name
  if (computed && property.type === 'Literal' && typeof property.value === 'string') return property.value
  throw new ShellError('A name is expected here.', property)
}

function resolve(
  path: string[],
  first: Call,
  rest: Call[],
): { collection: string | null; method: Call; modifiers: Modifier[] } {
  const begins = path.length === 0
  if (begins && (first.name === 'getCollection' || first.name === 'collection')) {
    const [method, ...modifiers] = rest
    const [name] = first.args
    if (!method || typeof name !== 'string')
      throw new ShellError('Name a collection, and call one of its methods.', first.place)
    return { collection: name, method, modifiers: modifiers.map(withoutPlace) }
  }
  return { collection: begins ? null : path.join('.'), method: first, modifiers: rest.map(withoutPlace) }
}

const withoutPlace = ({ name, args }: Call): Modifier => ({ name, args })

function placed(content: string, error: ShellError): ExecutionError {
  const { line, column } = positionOf(content, error.offset)
  return {
    ...plainError('SYNTAX', error.message, 'Nothing was sent to the database.'),
    position: [...content.slice(0, error.offset)].length + 1,
    line,
    column,
  }
}
