/** A node of libpg_query's tree as plain JSON: one key names the kind, its value holds the fields. */
export type TreeNode = Record<string, unknown>

export const isTreeNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every node below, with the name of the field that holds it: the kind of a node, or a field of a fixed kind. */
export function* eachNode(tree: unknown): Generator<[name: string, node: TreeNode]> {
  const pending: unknown[] = [tree]
  while (pending.length > 0) {
    const current = pending.pop()
    if (Array.isArray(current)) {
      for (const item of current) pending.push(item)
      continue
    }
    if (!isTreeNode(current)) continue
    for (const [name, value] of Object.entries(current)) {
      if (isTreeNode(value)) yield [name, value]
      if (typeof value === 'object') pending.push(value)
    }
  }
}

/** Every field named `kind` anywhere below, with its content. */
export function* nodesOfKind(tree: unknown, kind: string): Generator<TreeNode> {
  for (const [name, node] of eachNode(tree)) if (name === kind) yield node
}

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

/** The value of an option (`DefElem`) in lower case, `''` when it has none; the last one counts. Undefined when there is no such option. */
export function lastOption(options: unknown, name: string): string | undefined {
  if (!Array.isArray(options)) return undefined
  const values = options.flatMap((item: unknown) => {
    const option = isTreeNode(item) && isTreeNode(item['DefElem']) ? item['DefElem'] : {}
    return String(option['defname']).toLowerCase() === name ? [optionValue(option['arg'])] : []
  })
  return values.at(-1)
}

function optionValue(argument: unknown): string {
  if (!isTreeNode(argument)) return ''
  const { String: text, Integer: number, Boolean: flag } = argument
  if (isTreeNode(text) && typeof text['sval'] === 'string') return text['sval'].toLowerCase()
  // A zero is left out of the tree, and so is false.
  if (isTreeNode(number)) return typeof number['ival'] === 'number' ? String(number['ival']) : '0'
  return isTreeNode(flag) && flag['boolval'] !== true ? 'false' : ''
}
