import { blockOf, unseenInBlock } from './blockEffects.ts'
import { expressionEffects } from './expressionEffects.ts'
import { effectOf, isUnseen } from './functionEffects.ts'
import { eachNode, nameParts, nodesOfKind, type TreeNode } from './syntaxTree.ts'

/** Statements that run the calls that stand in them; others only keep them for later, as a default or in a view. */
const running = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CallStmt', 'CopyStmt'],
  ...['CreateTableAsStmt', 'DeclareCursorStmt', 'AlterTableStmt', 'RefreshMatViewStmt', 'IndexStmt'],
])
const word = /[a-z_]\w*/gi

/**
 * What such a statement may do that no rollback takes back, in words: what is known to, and else what runs code that can't be judged. Null when all that
 * the text calls is PostgreSQL's own and undone. Numbers that a sequence gives by a column's default are not meant, nor what triggers do.
 */
export function lastingEffect(name: string, fields: TreeNode): string | null {
  if (name === 'DoStmt') return lastingBlock(fields)
  if (!running.has(name)) return null
  if (name === 'CopyStmt' && fields['is_from'] !== true && typeof fields['filename'] === 'string')
    return "COPY writes a file of the database's host."
  const calls = [...nodesOfKind(fields, 'FuncCall')]
  for (const call of calls) {
    const names = nameParts(call['funcname'])
    const effect = effectOf(names.at(-2) ?? null, names.at(-1) ?? '')
    if (effect.outlastsRollback) return effect.message(names.at(-1) ?? '')
  }
  if (name === 'CallStmt') return "CALL runs code whose effects can't be told from the text."
  // The types of columns cast nothing.
  const ran = name === 'AlterTableStmt' ? calls.map((call) => ({ FuncCall: call })) : [fields]
  const found = ran.flatMap((tree) => expressionEffects(tree).findings)
  return found.find(isUnseen)?.message ?? null
}

/** Names of the relations that such a statement reaches: views among them may call functions. */
export function reachedRelations(name: string, fields: TreeNode): string[] {
  if (!running.has(name)) return []
  const names = [...eachNode(fields)].flatMap(([, { relname }]) =>
    typeof relname === 'string' ? [relname] : [],
  )
  return [...new Set(names)]
}

/** Of what a block of another language does the words are known; where it names nothing but PostgreSQL's own, nothing else is done. */
function lastingBlock(fields: TreeNode): string | null {
  const block = blockOf(fields)
  for (const [found] of (block.body ?? '').matchAll(word)) {
    const effect = effectOf('pg_catalog', found.toLowerCase())
    if (effect.outlastsRollback) return effect.message(found.toLowerCase())
  }
  return unseenInBlock(block)
}
