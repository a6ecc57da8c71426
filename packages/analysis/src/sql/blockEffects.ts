import { scanSync, type ScanToken } from 'libpg-query'
import { isOwnOperator } from './catalog.ts'
import { effectOf, isUnseen } from './functionEffects.ts'
import { isTreeNode, nodesOfKind, type TreeNode } from './syntaxTree.ts'

const unseen = "DO runs code whose effects can't be told from the text."
/** They run what is not in the block: a text that is put together, a procedure, another block, a file. */
const runningOthers = new Set(['execute', 'call', 'do', 'copy'])
/** A parenthesis may follow these where they begin a statement of PL/pgSQL. */
const statementWords = new Set(['if', 'elsif', 'elseif', 'while', 'return', 'perform', 'assert'])
const statementBegins = new Set([';', 'begin', 'then', 'else', 'loop', '>>'])
/** Behind these stands a relation with its columns, and no call. */
const relationWords = new Set(['into', 'table', 'exists', 'references'])
const notOperators = new Set(['=>', '!='])

/** Code of a DO block: its language in lower case and its text. */
export function blockOf(fields: TreeNode): { language: string; body: string | null } {
  let language = 'plpgsql'
  let body: string | null = null
  for (const option of nodesOfKind(fields, 'DefElem')) {
    const { arg, defname } = option
    const text = isTreeNode(arg) && isTreeNode(arg['String']) ? arg['String']['sval'] : undefined
    if (typeof text !== 'string') continue
    if (defname === 'language') language = text.toLowerCase()
    if (defname === 'as') body = text
  }
  return { language, body }
}

/** What a block calls that can't be judged, in words; null where all that it names is PostgreSQL's own. */
export function unseenInBlock({ language, body }: ReturnType<typeof blockOf>): string | null {
  if (language !== 'plpgsql' || body === null) return unseen
  let tokens: ScanToken[]
  try {
    tokens = scanSync(body).tokens.filter(({ tokenName }) => !tokenName.endsWith('COMMENT'))
  } catch {
    return unseen
  }
  const words = tokens.map(({ text }) => text.toLowerCase())
  // Their letters may be written as numbers.
  if (words.some((word) => word.startsWith('u&'))) return unseen
  for (const [at, word] of words.entries()) {
    if (word === 'do' && ['nothing', 'update', 'also', 'instead'].includes(words[at + 1] ?? '')) continue
    if (runningOthers.has(word)) return unseen
    if (/^[-+*/<>=~!@#%^&|`?]+$/.test(word) && !notOperators.has(word) && !isOwnOperator(word)) return unseen
    if (words[at + 1] === '(' && isName(tokens[at], words[at - 1])) {
      const call = calledAt(words, at)
      if (call && isUnseen(effectOf(call.schema, call.name))) return unseen
    }
  }
  return null
}

/** Reserved words, and those that name columns and types, call nothing of the users' own where no schema stands before them. */
function isName(token: ScanToken | undefined, before: string | undefined): boolean {
  if (!token || !/^["\p{L}_]/u.test(token.text)) return false
  return before === '.' || !/^(RESERVED|COL_NAME)/.test(token.keywordName)
}

function calledAt(words: string[], at: number): { schema: string | null; name: string } | null {
  let first = at
  while (words[first - 1] === '.') first -= 2
  const before = words[first - 1] ?? ';'
  const name = words[at] ?? ''
  if (relationWords.has(before)) return null
  if (first === at && statementWords.has(name) && statementBegins.has(before)) return null
  return { schema: first === at ? null : (words[at - 2] ?? ''), name }
}
