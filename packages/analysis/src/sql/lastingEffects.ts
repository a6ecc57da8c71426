import { effectOf } from './functionEffects.ts'
import { isTreeNode, nameParts, nodesOfKind, type TreeNode } from './syntaxTree.ts'

/** Statements that run the calls that stand in them; others only keep them for later, as a default or in a view. */
const running = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CallStmt', 'CopyStmt'],
  ...['CreateTableAsStmt', 'DeclareCursorStmt', 'AlterTableStmt', 'RefreshMatViewStmt'],
])
const word = /[a-z_]\w*/gi

/**
 * What such a statement may do that no rollback takes back, in words; null when the text shows nothing of that kind. Numbers that a sequence gives by a
 * column's default are not meant, nor what functions do that are not PostgreSQL's own.
 */
export function lastingEffect(name: string, fields: TreeNode): string | null {
  if (name === 'DoStmt') return lastingWord(fields)
  if (!running.has(name)) return null
  if (name === 'CopyStmt' && fields['is_from'] !== true && typeof fields['filename'] === 'string')
    return "COPY writes a file of the database's host."
  for (const call of nodesOfKind(fields, 'FuncCall')) {
    const names = nameParts(call['funcname'])
    const effect = effectOf(names.at(-2) ?? null, names.at(-1) ?? '')
    if (effect.outlastsRollback) return effect.message(names.at(-1) ?? '')
  }
  return null
}

/** Of a block of another language the words are known, and not more. */
function lastingWord(fields: TreeNode): string | null {
  for (const option of nodesOfKind(fields, 'DefElem')) {
    const { arg } = option
    const body = isTreeNode(arg) && isTreeNode(arg['String']) ? arg['String']['sval'] : undefined
    if (option['defname'] !== 'as' || typeof body !== 'string') continue
    for (const [found] of body.matchAll(word)) {
      const effect = effectOf('pg_catalog', found.toLowerCase())
      if (effect.outlastsRollback) return effect.message(found.toLowerCase())
    }
  }
  return null
}
