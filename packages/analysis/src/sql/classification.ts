import { blockNames } from './blockNames.ts'
import { isCounted } from './countedRows.ts'
import { expressionEffects } from './expressionEffects.ts'
import { reason, type Finding } from './findings.ts'
import { lastingEffect } from './lastingEffects.ts'
import { resetAllRefusal, settingRefusal, unnamedSettingRefusal } from './settings.ts'
import type { StatementKind } from './statementKind.ts'
import { eachNode, isTreeNode, lastOption, nameParts, nodesOfKind, type TreeNode } from './syntaxTree.ts'
import {
  isDefinition,
  namedOperatorClasses,
  namedTypes,
  touchedRelations,
  type TouchedRelation,
} from './touchedRelations.ts'
import { runsOutsideTransaction } from './transactionBlock.ts'

/** What one statement of libpg_query's tree may do. Places are bytes within the parsed text. */
export interface Classification {
  kind: StatementKind
  /** False for those that PostgreSQL refuses within a transaction block. */
  inTransaction: boolean
  /** True for those that may commit on their way (DO, CALL, VACUUM): an error of one that runs by itself doesn't show that nothing is kept. */
  commitsItself: boolean
  /** What it may do that no rollback takes back, in words, as far as the text shows it. */
  lasting: string | null
  /** True when its command tag counts every row that it changes. */
  isCounted: boolean
  /** Why it is refused before anything runs; null when it may run. */
  refusal: string | null
  /** Functions of PostgreSQL's own that the text names: a schema of the search path may have others of the same name. */
  functions: string[]
  /** Names behind a dot (`t.f`): they call a function where there is no such column. */
  attributes: string[]
  /** The same of its operators. */
  operators: string[]
  /** Relations that it names: what views, triggers, defaults and types among them call is not in the text. */
  relations: TouchedRelation[]
  /** Types that it names. */
  types: string[]
  /** Operator classes that it names. */
  operatorClasses: string[]
  /** True for what makes, alters or drops objects. */
  isDefinition: boolean
  /** Why it is of this kind, each with its place. */
  findings: Finding[]
}

const refusals: Record<string, string> = {
  TransactionStmt:
    'BEGIN, COMMIT, ROLLBACK and SAVEPOINT are not allowed: the portal opens and closes the transaction itself.',
  PrepareStmt:
    'PREPARE, EXECUTE and DEALLOCATE are not allowed: write the statement itself, so that it can be reviewed.',
  ListenStmt: 'LISTEN and UNLISTEN are not allowed: the session ends with the request, nobody would listen.',
  DiscardStmt: resetAllRefusal,
}
refusals['ExecuteStmt'] = refusals['DeallocateStmt'] = refusals['PrepareStmt'] ?? ''
refusals['UnlistenStmt'] = refusals['ListenStmt'] ?? ''

const changes: Record<string, string> = {
  InsertStmt: 'INSERT changes rows.',
  UpdateStmt: 'UPDATE changes rows.',
  DeleteStmt: 'DELETE changes rows.',
  MergeStmt: 'MERGE changes rows.',
  intoClause: 'INTO makes a table of the result.',
  LockingClause: 'FOR UPDATE and its like lock the rows that are read.',
}
const changeCodes: Record<string, string> = { intoClause: 'select-into', LockingClause: 'select-locks-rows' }

/** Classifies one statement. */
export function classify(statement: TreeNode): Classification {
  const [name, body] = Object.entries(statement)[0] ?? ['', {}]
  const fields = isTreeNode(body) ? body : {}
  const found = classifyNamed(name, fields)
  const lasting = found.lasting ?? lastingEffect(name, fields)
  return {
    ...found,
    ...(name === 'DoStmt' ? blockNames(fields) : namesIn(name, fields, found.kind)),
    lasting,
    operatorClasses: namedOperatorClasses(fields),
    isCounted: isCounted(name, fields),
    refusal: found.refusal ?? refusalOfSettings(name, fields),
  }
}

const namesIn = (name: string, fields: TreeNode, kind: StatementKind) => ({
  ...expressionEffects(fields).names,
  relations: touchedRelations(name, fields, name !== 'ExplainStmt' || kind !== 'read'),
  types: namedTypes(fields),
  isDefinition: isDefinition(name, fields),
})

function classifyNamed(name: string, fields: TreeNode): Classification {
  const refusal = refusals[name]
  if (refusal !== undefined) return { ...writes(name), refusal }
  switch (name) {
    case 'SelectStmt':
      return classifyQuery(fields)
    case 'ExplainStmt':
      return classifyExplained(fields)
    case 'DeclareCursorStmt':
      return isTreeNode(fields['query']) ? classify(fields['query']) : writes(name)
    case 'VariableShowStmt':
    case 'FetchStmt':
    case 'ClosePortalStmt':
      return of('read', [])
    case 'VariableSetStmt':
      return of('session', [reason('session-setting', 'SET changes the session.', fields)])
    case 'CopyStmt':
      return classifyCopy(fields)
    case 'DoStmt':
    case 'CallStmt': {
      const message = `${name === 'DoStmt' ? 'DO' : 'CALL'} runs code whose effects can't be told from the text.`
      return { ...of('cannot-tell', [reason('cannot-tell', message, fields)]), commitsItself: true }
    }
    default: {
      const isOutside = runsOutsideTransaction(name, fields)
      return { ...writes(name), inTransaction: !isOutside, commitsItself: isOutside }
    }
  }
}

function classifyQuery(query: TreeNode): Classification {
  const writing: Finding[] = []
  for (const [name, node] of eachNode(query)) {
    const message = changes[name]
    if (message) writing.push(reason(changeCodes[name] ?? 'write-in-with', message, node))
  }
  const effects = expressionEffects(query)
  const findings = [...writing, ...effects.findings]
  const kind = writing.length > 0 ? 'write' : effects.kind
  return of(kind, findings)
}

/** EXPLAIN plans, and planning may run code; ANALYZE runs the statement. */
function classifyExplained(fields: TreeNode): Classification {
  const { query } = fields
  if (!isTreeNode(query)) return writes('ExplainStmt')
  const explained = classify(query)
  const analyze = lastOption(fields['options'], 'analyze')
  const runs = analyze !== undefined && !['off', 'false', '0'].includes(analyze)
  if (runs || explained.refusal !== null || explained.kind === 'cannot-tell') return explained
  const effects = expressionEffects(query)
  const kind = effects.kind === 'cannot-tell' ? 'cannot-tell' : 'read'
  return of(kind, effects.findings)
}

function classifyCopy(fields: TreeNode): Classification {
  const copies = writes('CopyStmt')
  if (fields['is_program'] === true)
    return { ...copies, refusal: 'COPY with PROGRAM is not allowed: it runs a program on the server.' }
  if (!fields['filename']) {
    const refusal =
      'COPY FROM STDIN and TO STDOUT are not allowed: write INSERT or SELECT, its rows become the result.'
    return { ...copies, refusal }
  }
  const message = "COPY reaches a file of the database's host, which no rollback undoes."
  return { ...copies, findings: [reason('server-file', message, fields)] }
}

/** SET, RESET, set_config and updates of pg_settings, wherever they stand. */
function refusalOfSettings(name: string, fields: TreeNode): string | null {
  if (name === 'VariableSetStmt') {
    const setting = fields['name']
    return typeof setting === 'string' ? settingRefusal(setting) : resetAllRefusal
  }
  for (const call of nodesOfKind(fields, 'FuncCall')) {
    if (nameParts(call['funcname']).at(-1) !== 'set_config') continue
    const refusal = refusalOfSetConfig(call)
    if (refusal) return refusal
  }
  const updates = name === 'UpdateStmt' ? [fields] : [...nodesOfKind(fields, 'UpdateStmt')]
  const setsAll = updates.some(
    ({ relation }) => isTreeNode(relation) && relation['relname'] === 'pg_settings',
  )
  return setsAll ? unnamedSettingRefusal : null
}

function refusalOfSetConfig(call: TreeNode): string | null {
  const [first] = Array.isArray(call['args']) ? (call['args'] as unknown[]) : []
  const constant = isTreeNode(first) && isTreeNode(first['A_Const']) ? first['A_Const']['sval'] : undefined
  const setting = isTreeNode(constant) ? constant['sval'] : undefined
  return typeof setting === 'string' ? settingRefusal(setting) : unnamedSettingRefusal
}

function writes(name: string): Classification {
  const words = name
    .replace(/Stmt$/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase()
  const known = changes[name]
  return of('write', [reason(known ? 'changes-rows' : 'changes', known ?? `${words} is not a read.`, {})])
}

const of = (kind: StatementKind, findings: Finding[]): Classification => ({
  kind,
  inTransaction: true,
  commitsItself: false,
  lasting: null,
  isCounted: false,
  refusal: null,
  functions: [],
  attributes: [],
  operators: [],
  relations: [],
  types: [],
  operatorClasses: [],
  isDefinition: false,
  findings,
})
