/** A node of libpg_query's tree as plain JSON: one key names the kind, its value holds the fields. */
export type TreeNode = Record<string, unknown>

export const isTreeNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every field named `kind` anywhere below, with its content. */
export function* nodesOfKind(tree: unknown, kind: string): Generator<TreeNode> {
  const pending: unknown[] = [tree]
  while (pending.length > 0) {
    const current = pending.pop()
    if (Array.isArray(current)) {
      for (const item of current) pending.push(item)
      continue
    }
    if (!isTreeNode(current)) continue
    for (const [name, value] of Object.entries(current)) {
      if (name === kind && isTreeNode(value)) yield value
      if (typeof value === 'object') pending.push(value)
    }
  }
}

/** True when a node of one of these kinds is anywhere below. */
export const containsKind = (tree: unknown, kinds: readonly string[]): boolean =>
  kinds.some((kind) => !nodesOfKind(tree, kind).next().done)

/** The texts of a list of `String` nodes: the parts of a qualified name. */
export function nameParts(list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown) => {
    const text = isTreeNode(item) && isTreeNode(item['String']) ? item['String']['sval'] : undefined
    return typeof text === 'string' ? [text] : []
  })
}

/** Names of a statement's or command's options (`DefElem`), lower case. */
export function optionNames(options: unknown): string[] {
  if (!Array.isArray(options)) return []
  return options.flatMap((item: unknown) => {
    const name = isTreeNode(item) && isTreeNode(item['DefElem']) ? item['DefElem']['defname'] : undefined
    return typeof name === 'string' ? [name.toLowerCase()] : []
  })
}
