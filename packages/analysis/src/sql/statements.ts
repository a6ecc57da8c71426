import { hasSqlDetails, loadModule, parseSync } from 'libpg-query'
import type { ExecutionError } from '@sre-portal/contracts'
import { tooComplex } from '../tooComplex.ts'
import { classify, type Classification } from './classification.ts'
import { preScan } from './preScan.ts'
import { isTreeNode } from './syntaxTree.ts'
import { positionOf, unitOffsetOfCodePoint, unitOffsetsOfBytes } from '../textPosition.ts'

/** One statement of a request's content, as PostgreSQL's own parser sees it. */
export interface Statement extends Classification {
  text: string
  /** Offset of its first character within the content. */
  offset: number
}

export type Parsed = { statements: Statement[] } | { error: ExecutionError }

await loadModule()

/** Takes content apart into classified statements, or says where it is not SQL. */
export function parseStatements(content: string): Parsed {
  if (content.trim() === '') return { statements: [] }
  const beyond = preScan(content)
  if (beyond) return { error: beyond }
  let parsed: unknown[]
  try {
    parsed = parseSync(content).stmts ?? []
  } catch (error) {
    return { error: isExhausted(error) ? tooComplex(exhausted) : syntaxError(content, error) }
  }
  const raw = parsed.filter(isTreeNode).map((entry) => {
    const start = numberOr(entry['stmt_location'], 0)
    const length = numberOr(entry['stmt_len'], 0)
    return { start, end: length > 0 ? start + length : Number.MAX_SAFE_INTEGER, tree: entry['stmt'] }
  })
  const offsets = unitOffsetsOfBytes(
    content,
    raw.flatMap(({ start, end }) => [start, end]),
  )
  return {
    statements: raw.map(({ tree }, index) => {
      const slice = content.slice(offsets[index * 2], offsets[index * 2 + 1])
      const text = slice.trim()
      const offset = (offsets[index * 2] ?? 0) + slice.indexOf(text)
      return { text, offset, ...classify(isTreeNode(tree) ? tree : {}) }
    }),
  }
}

function syntaxError(content: string, error: unknown): ExecutionError {
  const details = hasSqlDetails(error) ? error.sqlDetails : undefined
  const position = details ? details.cursorPosition + 1 : null
  const at = position === null ? null : positionOf(content, unitOffsetOfCodePoint(content, position - 1))
  return {
    code: '42601',
    message: error instanceof Error ? error.message : 'This is not SQL that PostgreSQL understands.',
    detail: null,
    hint: 'Nothing was sent to the database.',
    position,
    line: at?.line ?? null,
    column: at?.column ?? null,
    stack: null,
  }
}

const exhausted =
  'This text is too complex: the parser has neither stack nor memory enough for it. Take it apart into smaller requests.'

const isExhausted = (error: unknown) =>
  error instanceof RangeError ||
  (error instanceof Error && error.name === 'RuntimeError') ||
  (error instanceof Error && /^(memory exhausted|out of memory|stack depth limit)/.test(error.message))

const numberOr = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise)
