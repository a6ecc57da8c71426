import { blockOf, unseenInBlock } from './blockEffects.ts'
import { expressionEffects } from './expressionEffects.ts'
import { effectOf, isUnseen } from './functionEffects.ts'
import { isTreeNode, nameParts, nodesOfKind, type TreeNode } from './syntaxTree.ts'

/** Statements that run the calls that stand in them; others only keep them for later, as a default or in a view. */
const running = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CallStmt', 'CopyStmt'],
  ...['CreateTableAsStmt', 'DeclareCursorStmt', 'AlterTableStmt', 'RefreshMatViewStmt', 'IndexStmt'],
  ...['AlterDomainStmt', 'PartitionBoundSpec'],
])
/** Statements that run code of others, or act on another server, by their nature. */
const unknowing = new Map([
  ['CreateExtensionStmt', "CREATE EXTENSION runs a script whose effects can't be told from the text."],
  ['AlterExtensionStmt', "ALTER EXTENSION runs a script whose effects can't be told from the text."],
  ['ImportForeignSchemaStmt', 'IMPORT FOREIGN SCHEMA asks another server.'],
  ['CreateSubscriptionStmt', 'CREATE SUBSCRIPTION acts on another server, and no rollback undoes it.'],
  ['AlterSubscriptionStmt', 'ALTER SUBSCRIPTION acts on another server, and no rollback undoes it.'],
  ['DropSubscriptionStmt', 'DROP SUBSCRIPTION acts on another server, and no rollback undoes it.'],
  ['LoadStmt', "LOAD runs a library whose effects can't be told from the text."],
])
const word = /[a-z_]\w*/gi
/** Begins only where a word begins, so that a long one is read once. */
const calling = /(?<!\w)\d*([a-z_]\w*)"?\s*\(/gi

/**
 * What such a statement may do that no rollback takes back, in words: what is known to, and else what runs code that can't be judged. Null when all that
 * the text calls is PostgreSQL's own and undone. What the catalog hangs on its relations (defaults, triggers) is not in the text.
 */
export function lastingEffect(name: string, fields: TreeNode): string | null {
  if (name === 'DoStmt') return lastingBlock(fields)
  const nature = unknowing.get(name)
  if (nature !== undefined) return nature
  const bounds = name === 'CreateStmt' ? fields['partbound'] : undefined
  if (isTreeNode(bounds)) return lastingEffect('PartitionBoundSpec', bounds)
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

/** What a text of the catalog calls that lasts or runs texts, in words: a default, a check, a view, as the server writes it down. */
export function lastingCall(text: string): string | null {
  for (const [, name] of text.matchAll(calling)) {
    const effect = effectOf('pg_catalog', (name ?? '').toLowerCase())
    if (effect.outlastsRollback || effect.code === 'runs-text')
      return effect.message((name ?? '').toLowerCase())
  }
  return null
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
