import { blockOf } from './blockEffects.ts'
import type { Change, TouchedRelation } from './touchedRelations.ts'
import type { TreeNode } from './syntaxTree.ts'

/** What the code of a DO block names. Any word of it may be a relation or a type. */
export interface BlockNames {
  functions: string[]
  attributes: string[]
  operators: string[]
  relations: TouchedRelation[]
  types: string[]
  isDefinition: boolean
}

const names = /"((?:[^"]|"")+)"|[\p{L}_][\p{L}\p{N}_$]*/gu
const symbols = /[-+*/<>=~!@#%^&|`?]+/g
const implied = ['=', '<', '<=', '>', '>=']
const changing: [word: string, changes: Change[]][] = [
  ['insert', ['insert']],
  ['update', ['update']],
  ['delete', ['delete']],
  ['merge', ['insert', 'update', 'delete']],
  ['truncate', ['truncate']],
  ['default', ['default']],
]
const defining = [
  'create',
  'alter',
  'drop',
  'refresh',
  'reindex',
  'cluster',
  'comment',
  'grant',
  'revoke',
  'security',
]
const rewriting = [...defining, 'analyze', 'vacuum']

/** The names in a block, each word taken for whatever it might be; what is done in it is taken to be done to all of them. */
export function blockNames(fields: TreeNode): BlockNames {
  const body = blockOf(fields).body ?? ''
  const found = [...body.matchAll(names)].map((match) => ({
    name: match[1]?.replaceAll('""', '"') ?? match[0].toLowerCase(),
    before: body.slice(0, match.index).trimEnd().at(-1),
    after: body
      .slice(match.index + match[0].length)
      .trimStart()
      .at(0),
  }))
  const all = new Set(found.map(({ name }) => name))
  const changes = changing.flatMap(([word, done]) => (all.has(word) ? done : []))
  if (rewriting.some((word) => all.has(word))) changes.push('rewrite')
  const distinct = (list: { name: string }[]) => [...new Set(list.map(({ name }) => name))]
  return {
    functions: distinct(found.filter(({ after }) => after === '(')),
    attributes: distinct(found.filter(({ before }) => before === '.')),
    operators: [...new Set([...implied, ...(body.match(symbols) ?? [])])],
    relations: [...all].map((name) => ({ name, changes: [...new Set(changes)] })),
    types: [...all],
    isDefinition: defining.some((word) => all.has(word)) || (all.has('into') && all.has('table')),
  }
}
