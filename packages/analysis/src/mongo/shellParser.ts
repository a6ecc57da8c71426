import type { Expression, MemberExpression, Program, Statement as SyntaxStatement } from 'acorn'
import type { ExecutionError } from '@sre-portal/contracts'
import { TooDeep, parseBounded } from '../javascript/boundedParser.ts'
import { textError, tooComplex } from '../textError.ts'
import { checkOperation, type Modifier, type Operation } from './operations.ts'
import { packOperation, type PackedOperation } from './packedOperation.ts'
import { ShellError, type Argument, type Placed } from './shellError.ts'
import { operationOfLine, shellLineAt, withoutLine, type ShellLine } from './shellLines.ts'
import { toArguments } from './shellValues.ts'

/** One statement of a MongoDB query. */
export interface ShellStatement {
  text: string
  offset: number
  operation: PackedOperation
}

export type ParsedShell = { statements: ShellStatement[] } | { error: ExecutionError }

interface Call {
  name: string
  args: Argument[]
  place: Placed
}

/**
 * Takes a query as people write it in mongosh apart into operations, or says where it isn't one. Nothing of it is evaluated. `database` is
 * the one that the request is about; without it every text that names a database is refused.
 */
export function parseShell(content: string, database: string | null = null): ParsedShell {
  try {
    const { program, lines } = parseProgram(content)
    const statements = [
      ...program.body.map((node) => {
        const operation = toOperation(node as SyntaxStatement, database)
        return operation && statementOf(content, node, operation)
      }),
      ...lines.map((line) => {
        const operation = operationOfLine(line, database)
        return operation && statementOf(content, line.place, operation)
      }),
    ].filter((statement) => statement !== null)
    return { statements: statements.sort((a, b) => a.offset - b.offset) }
  } catch (error) {
    if (error instanceof TooDeep)
      return { error: tooComplex(error.message, { content, offset: error.offset }) }
    if (!(error instanceof ShellError)) throw error
    return { error: textError('SYNTAX', error.message, { content, offset: error.offset }) }
  }
}

function statementOf(content: string, place: Placed, operation: Operation): ShellStatement {
  const text = content.slice(place.start, place.end).replace(/;$/, '')
  try {
    return { text, offset: place.start, operation: packOperation(operation) }
  } catch (error) {
    throw new ShellError(`This can not be sent: ${error instanceof Error ? error.message : ''}`, place)
  }
}

function parseProgram(content: string): { program: Program; lines: ShellLine[] } {
  const lines: ShellLine[] = []
  for (let text = content; ;) {
    try {
      return { program: parseBounded(text, { ecmaVersion: 'latest', sourceType: 'script' }), lines }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
      const line = shellLineAt(text, offset)
      if (!line) throw new ShellError(error.message.replace(/ \(\d+:\d+\)$/, ''), { start: offset })
      text = withoutLine(text, line, lines.length)
      lines.push(line)
    }
  }
}

function toOperation(node: SyntaxStatement, database: string | null): Operation | null {
  if (node.type === 'EmptyStatement') return null
  if (node.type !== 'ExpressionStatement') {
    throw new ShellError(
      'Write one operation a statement, such as db.orders.find({}). For anything else submit a script.',
      node,
    )
  }
  const { path, calls } = takeApart(node.expression)
  const [first, ...rest] = calls
  if (!first) {
    const name = path.length === 0 ? 'orders' : path.join('.')
    throw new ShellError(
      `This is not an operation: it ends without a call. Write db.${name}.find({}) for its documents.`,
      node,
    )
  }
  const { collection, method, modifiers } = resolve(path, first, rest)
  const asked = { collection, method: method.name, args: method.args.map(valueOf), modifiers }
  return checkOperation(asked, { place: method.place, database, isOrderWritten: true })
}

/** `db.a.b.find(x).sort(y)`: the names before the first call, and the calls with the name before each. */
function takeApart(expression: Expression): { path: string[]; calls: Call[] } {
  const begin = (node: Placed) =>
    new ShellError('An operation begins with "db.", such as db.orders.find({}).', node)
  const calls: Call[] = []
  let node: Expression = expression
  while (node.type === 'CallExpression') {
    const { callee } = node
    if (callee.type !== 'MemberExpression' || callee.object.type === 'Super') throw begin(node)
    if (node.optional || callee.optional) throw new ShellError('Write a dot, without "?".', node)
    calls.unshift({ name: nameOf(callee), args: toArguments(node.arguments), place: callee })
    node = callee.object
  }
  const path: string[] = []
  while (node.type === 'MemberExpression') {
    path.unshift(nameOf(node))
    if (node.object.type === 'Super') throw begin(node)
    node = node.object
  }
  if (isOtherDatabase(node) || calls.some(({ name }) => otherDatabase.has(name))) {
    throw new ShellError(
      'The database is the one that the request was approved for; no other can be reached.',
      node,
    )
  }
  if (node.type !== 'Identifier' || node.name !== 'db') throw begin(node)
  return { path, calls }
}

const otherDatabase = new Set(['getSiblingDB', 'getDB', 'getMongo'])

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
  if (path.length === 0 && (first.name === 'getCollection' || first.name === 'collection')) {
    const [method, ...more] = rest
    const [name, extra] = first.args
    if (!method || typeof name?.value !== 'string' || extra) {
      throw new ShellError(
        `Name a collection, and call one of its methods: db.getCollection("orders").find({}).`,
        extra?.place ?? first.place,
      )
    }
    return explained(name.value, method, more)
  }
  return explained(path.length === 0 ? null : path.join('.'), first, rest)
}

/** `db.c.explain("executionStats").find({})` is `db.c.find({}).explain("executionStats")`. */
function explained(collection: string | null, first: Call, rest: Call[]) {
  const [method, ...more] = rest
  if (first.name !== 'explain' || collection === null || !method)
    return { collection, method: first, modifiers: rest.map(toModifier) }
  return { collection, method, modifiers: [...more, first].map(toModifier) }
}

const toModifier = ({ name, args }: Call): Modifier => ({ name, args: args.map(valueOf) })
const valueOf = ({ value }: Argument): unknown => value
