import { Parser, type Node, type Options, type Program } from 'acorn'
import { watchLines } from './seenLines.ts'

/**
 * Most productions of the grammar that may be open at once: a bracket takes seven, a link of `a + b + c` one. A thread's stack was measured to hold
 * 12,000 of the largest. At the end of a stack V8 can't compile a regular expression, and ends the whole process for it.
 */
export const maxOpenProductions = 3000
/** Most levels of a tree: `a.b.c` nests to the left with nothing open meanwhile. */
export const maxTreeDepth = 3000

/** A text is nested beyond what may be read, with its place. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep'
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

type Method = (this: ParserState, ...args: unknown[]) => unknown
/** What acorn's parser keeps of where it is; its types don't tell it. */
interface ParserState {
  start: number
  openProductions?: number
}

// Every recursion of acorn's goes through one of these: no construct has to be known for its depth to be counted.
const productions = /^(?:parse[A-Z]|regexp_(?:disjunction|classContents)$|toAssignable|checkLVal)/

const BoundedParser = Parser.extend((Base) => {
  class Bounded extends Base {}
  const methods = Base.prototype as unknown as Record<string, Method>
  for (const name of Object.getOwnPropertyNames(Parser.prototype)) {
    const method = productions.test(name) ? methods[name] : undefined
    if (!method) continue
    Object.defineProperty(Bounded.prototype, name, {
      value: counted(method),
      configurable: true,
      writable: true,
    })
  }
  return Bounded
})

function counted(method: Method): Method {
  return function (...args) {
    const open = (this.openProductions ?? 0) + 1
    if (open > maxOpenProductions) throw new TooDeep(tooDeepWords, this.start)
    this.openProductions = open
    const result = method.apply(this, args)
    this.openProductions = open - 1
    return result
  }
}

const tooDeepWords =
  'This text is nested too deeply here. Take it apart: name parts of it, or join long chains from a list.'

/**
 * Parses JavaScript whose tree may be walked by recursion, and whose comments are those that a reader sees. This is the only way from a
 * foreign text to a tree.
 * @throws SyntaxError with `pos` for what is no JavaScript, TooDeep for what is nested too deeply
 */
export function parseBounded(content: string, options: Options): Program {
  const watch = watchLines(content, options)
  const program = BoundedParser.parse(content, { ...options, ...watch.listeners })
  watch.ensureSeen()
  for (const { node, depth } of eachNode(program))
    if (depth > maxTreeDepth) throw new TooDeep(tooDeepWords, node.start)
  return program
}

/** Every node of a tree with its depth, without recursion. */
export function* eachNode(tree: Node): Generator<{ node: Node; depth: number }> {
  const pending: { value: unknown; depth: number }[] = [{ value: tree, depth: 0 }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, depth } = next
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) for (const item of value) pending.push({ value: item, depth })
    else if (isNode(value)) {
      yield { node: value, depth }
      for (const field of Object.values(value)) pending.push({ value: field, depth: depth + 1 })
    }
  }
}

const isNode = (value: object): value is Node =>
  'type' in value && typeof value.type === 'string' && 'start' in value && typeof value.start === 'number'
