import type { TreeNode } from './syntaxTree.ts'

/** Something that was seen in a statement: a code for programs, a sentence for people, and where. */
export interface Finding {
  code: string
  message: string
  /** Where it was seen; null where the tree doesn't say. In bytes of the parsed text. */
  location: number | null
}

/** A finding at a node. */
export function reason(code: string, message: string, node: TreeNode): Finding {
  const { location } = node
  return { code, message, location: typeof location === 'number' && location >= 0 ? location : null }
}

const maxFindings = 100

/** One finding for each thing, at its first place; a hundred are told. */
export function distinct(findings: Finding[]): Finding[] {
  const first = new Map<string, Finding>()
  for (const finding of findings) {
    const key = `${finding.code} ${finding.message}`
    const known = first.get(key)
    if (!known || (finding.location ?? Infinity) < (known.location ?? Infinity)) first.set(key, finding)
  }
  return [...first.values()].sort((a, b) => (a.location ?? -1) - (b.location ?? -1)).slice(0, maxFindings)
}
