import { eachNode, isTreeNode, nameParts, type TreeNode } from './syntaxTree.ts'

/** What is done to a relation: `rewrite` runs over its rows again (checks, indexes), `default` takes the default of a column. */
export type Change = 'insert' | 'update' | 'delete' | 'truncate' | 'rewrite' | 'default'

/** A relation that a text names, by its name alone, and what the text does to it beyond reading. */
export interface TouchedRelation {
  name: string
  changes: Change[]
}

const byStatement: Record<string, Change[]> = {
  InsertStmt: ['insert'],
  UpdateStmt: ['update'],
  DeleteStmt: ['delete'],
  MergeStmt: ['insert', 'update', 'delete'],
  CopyStmt: ['insert'],
}
const rewriting = new Set(
  ['AlterTableStmt', 'IndexStmt', 'VacuumStmt', 'ClusterStmt', 'ReindexStmt', 'RefreshMatViewStmt'].concat(
    ...['CreateStmt', 'AlterDomainStmt'],
  ),
)

/** Statements that define nothing: the others run the event triggers of the database. */
const undefining = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CopyStmt', 'TruncateStmt'],
  ...['ExplainStmt', 'DeclareCursorStmt', 'FetchStmt', 'ClosePortalStmt', 'VariableShowStmt', 'DoStmt'],
  ...[
    'VariableSetStmt',
    'CallStmt',
    'LockStmt',
    'NotifyStmt',
    'CheckPointStmt',
    'VacuumStmt',
    'ConstraintsSetStmt',
  ],
])

/** True for what makes, alters or drops objects: what comes behind it in the same text may find another catalog. */
export function isDefinition(name: string, fields: TreeNode): boolean {
  if (!undefining.has(name)) return true
  for (const [inner] of eachNode(fields))
    if (inner === 'intoClause' || inner === 'CreateTableAsStmt') return true
  return false
}

/** They name relations, and run nothing on them. */
const keeping = new Set([
  ...['ViewStmt', 'RuleStmt', 'CreateTrigStmt', 'CreatePolicyStmt', 'AlterPolicyStmt', 'CommentStmt'],
  ...['GrantStmt', 'LockStmt', 'CreateSeqStmt', 'AlterSeqStmt'],
])

/** Every relation that the statement names; what is only planned (`runs` is false) changes none. */
export function touchedRelations(name: string, fields: TreeNode, runs: boolean): TouchedRelation[] {
  if (keeping.has(name)) return []
  const touched = new Map<string, Set<Change>>()
  const touch = (relation: unknown, changes: readonly Change[]) => {
    const relname = isTreeNode(relation) ? relation['relname'] : undefined
    if (typeof relname !== 'string') return
    const known = touched.get(relname) ?? new Set()
    touched.set(relname, known)
    if (runs) for (const change of changes) known.add(change)
  }
  const nodes: [string, TreeNode][] = [[name, fields], ...eachNode(fields)]
  const takesDefault = nodes.some(([kind]) => kind === 'SetToDefault')
  for (const [kind, node] of nodes) {
    touch(node, rewriting.has(name) ? ['rewrite'] : [])
    if (kind === 'TruncateStmt')
      for (const item of asList(node['relations']))
        touch(isTreeNode(item) ? item['RangeVar'] : null, ['truncate'])
    if (kind === 'CopyStmt' && node['is_from'] !== true) continue
    const changes = byStatement[kind]
    if (!changes) continue
    touch(node['relation'], changes)
    if (node['onConflictClause']) touch(node['relation'], ['update'])
    if (takesDefault) touch(node['relation'], ['default'])
  }
  return [...touched].map(([relation, changes]) => ({ name: relation, changes: [...changes] }))
}

/** Operator classes that the text names: an index, and ON CONFLICT, may call those of others. */
export const namedOperatorClasses = (fields: TreeNode): string[] =>
  distinctNames([...eachNode(fields)].map(([, { opclass }]) => opclass))

/** Types that the text names. */
export const namedTypes = (fields: TreeNode): string[] =>
  distinctNames([...eachNode(fields)].flatMap(([name, { names }]) => (/typeName/i.test(name) ? [names] : [])))

const distinctNames = (lists: unknown[]) => [...new Set(lists.flatMap((list) => nameParts(list).slice(-1)))]

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
