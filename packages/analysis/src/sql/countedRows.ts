import { eachNode, isTreeNode, type TreeNode } from './syntaxTree.ts'

const changing = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

/** True when the command tag counts every row that the statement changes: it doesn't count what a WITH within it writes. */
export function isCounted(name: string, fields: TreeNode): boolean {
  const makesTable =
    name === 'CreateTableAsStmt' || (name === 'SelectStmt' && isTreeNode(fields['intoClause']))
  if (!makesTable && !changing.has(name)) return false
  for (const [inner] of eachNode(fields)) if (changing.has(inner)) return false
  return true
}
