import type { Classification } from './classification.ts'
import { isOwnOperator, isOwnType } from './catalog.ts'
import { distinct, reason, type Finding } from './findings.ts'
import { effectOf } from './functionEffects.ts'
import type { StatementKind } from './statementKind.ts'
import { eachNode, nameParts, type TreeNode } from './syntaxTree.ts'

/** What the calls of a statement do: by functions, operators, casts, sampling methods. Attributes (`t.f`) call a function when there is no such column. */
export interface ExpressionEffects {
  kind: StatementKind
  findings: Finding[]
  names: Pick<Classification, 'functions' | 'attributes' | 'operators'>
}

const byWeight = ['read', 'session', 'cannot-tell', 'write'] as const

/** Looks at every call below a node. */
export function expressionEffects(tree: TreeNode): ExpressionEffects {
  const findings: Finding[] = []
  const functions = new Set<string>()
  const attributes = new Set<string>()
  const operators = new Set<string>()
  let kind: StatementKind = 'read'
  const count = (effect: StatementKind) => {
    if (byWeight.indexOf(effect) > byWeight.indexOf(kind)) kind = effect
  }

  const call = (names: string[], node: TreeNode) => {
    const { schema, name } = qualified(names)
    const effect = effectOf(schema, name)
    count(effect.kind)
    if (effect.code) findings.push(reason(effect.code, effect.message(name), node))
    if (effect.kind !== 'cannot-tell') functions.add(name)
  }
  const operator = (names: string[], node: TreeNode) => {
    const { schema, name } = qualified(names)
    const isOwn = (schema === null || schema === 'pg_catalog') && isOwnOperator(name)
    if (isOwn) operators.add(name)
    else
      unknown(
        `The operator ${name} is not one of PostgreSQL's own: it calls a function that is not in the text.`,
        node,
      )
  }
  const type = (names: string[], node: TreeNode) => {
    const { schema, name } = qualified(names)
    if ((schema === null || schema === 'pg_catalog') && isOwnType(name)) return
    unknown(
      `The type ${name} is not one of PostgreSQL's own: a cast to it may call a function that is not in the text.`,
      node,
    )
  }
  const unknown = (message: string, node: TreeNode) => {
    count('cannot-tell')
    findings.push(reason('calls-unknown', message, node))
  }

  for (const [name, node] of eachNode(tree)) {
    switch (name) {
      case 'FuncCall':
      case 'funccall':
        call(nameParts(node['funcname']), node)
        break
      case 'A_Expr':
        if (String(node['kind']).includes('BETWEEN'))
          for (const name of ['<', '<=', '>', '>=']) operators.add(name)
        else operator(nameParts(node['name']), node)
        break
      case 'SubLink':
        if (Array.isArray(node['operName'])) operator(nameParts(node['operName']), node)
        else operators.add('=')
        break
      case 'CaseExpr':
        if (node['arg']) operators.add('=')
        break
      case 'JoinExpr':
        if (node['isNatural'] === true || node['usingClause']) operators.add('=')
        break
      case 'SortBy':
        if (Array.isArray(node['useOp'])) operator(nameParts(node['useOp']), node)
        break
      case 'typeName':
      case 'TypeName':
        type(node['pct_type'] === true ? [] : nameParts(node['names']), node)
        break
      case 'RangeTableSample':
        call(nameParts(node['method']), node)
        break
      case 'ColumnRef':
        for (const attribute of nameParts(node['fields']).slice(-1))
          if (isQualified(node)) attributes.add(attribute)
        break
      case 'A_Indirection':
        for (const attribute of nameParts(node['indirection'])) attributes.add(attribute)
        break
    }
  }
  const names = { functions: [...functions], attributes: [...attributes], operators: [...operators] }
  return { kind, findings: distinct(findings), names }
}

const isQualified = (node: TreeNode) => Array.isArray(node['fields']) && node['fields'].length > 1

function qualified(names: string[]): { schema: string | null; name: string } {
  return { schema: names.at(-2) ?? null, name: names.at(-1) ?? '' }
}
