import { hasSqlDetails, parseSync } from 'libpg-query'
import type { ExecutionError } from '@sre-portal/contracts'
import { textError, tooComplex } from '../textError.ts'
import { unitOffsetOfCodePoint, unitOffsetsOfBytes } from '../textPosition.ts'
import { classify, type Classification } from './classification.ts'
import { notationAt } from './foreignNotation.ts'
import { preScan } from './preScan.ts'
import { isTreeNode, nodesOfKind, type TreeNode } from './syntaxTree.ts'

/** One statement of a request's content, as PostgreSQL's own parser sees it. */
export interface Statement extends Omit<Classification, 'findings'> {
  text: string
  /** Offset of its first character within the content. */
  offset: number
  /** The first `$n` in it. */
  parameter: { number: number; offset: number } | null
  /** Why it is of its kind, each with its offset within the content where that is known. */
  findings: { code: string; message: string; offset: number | null }[]
}

export type Parsed = { statements: Statement[] } | { error: ExecutionError }

const byteOrderMark = '\ufeff'

/**
 * Takes content apart into classified statements, or says where it is not SQL. A byte order mark before it is not part of it.
 * The parser must be loaded (`loadModule`).
 */
export function parseStatements(content: string): Parsed {
  if (content.trim() === '') return { statements: [] }
  const beyond = preScan(content)
  if (beyond) return { error: beyond }
  const lead = content.startsWith(byteOrderMark) ? byteOrderMark.length : 0
  const sql = content.slice(lead)
  let parsed: unknown[]
  try {
    parsed = parseSync(sql).stmts ?? []
  } catch (error) {
    const offset = placeOfError(content, lead, error)
    return {
      error: isExhausted(error)
        ? tooComplex(exhausted, offset === null ? undefined : { content, offset })
        : syntaxError(content, offset ?? lead, error),
    }
  }
  const raw = parsed.filter(isTreeNode).map((entry) => {
    const start = numberOr(entry['stmt_location'], 0)
    const length = numberOr(entry['stmt_len'], 0)
    const tree = isTreeNode(entry['stmt']) ? entry['stmt'] : {}
    const end = length > 0 ? start + length : Number.MAX_SAFE_INTEGER
    return { start, end, parameter: firstParameter(tree), classified: classify(tree) }
  })
  const offsets = unitOffsetsOfBytes(
    sql,
    raw.flatMap(({ start, end, parameter, classified }) => [
      start,
      end,
      parameter?.location ?? 0,
      ...classified.findings.map(({ location }) => location ?? 0),
    ]),
  ).values()
  const next = () => offsets.next().value ?? sql.length
  return {
    statements: raw.map(({ parameter, classified }) => {
      const start = next()
      const slice = sql.slice(start, next())
      const text = slice.trim()
      const place = next()
      return {
        ...classified,
        text,
        offset: lead + start + slice.indexOf(text),
        parameter: parameter && { number: parameter.number, offset: lead + place },
        findings: classified.findings.map(({ code, message, location }) => {
          const offset = next()
          return { code, message, offset: location === null ? null : lead + offset }
        }),
      }
    }),
  }
}

function firstParameter(tree: TreeNode): { number: number; location: number } | null {
  const found = [...nodesOfKind(tree, 'ParamRef')].map((node) => ({
    number: numberOr(node['number'], 0),
    location: numberOr(node['location'], 0),
  }))
  return found.sort((a, b) => a.location - b.location)[0] ?? null
}

function placeOfError(content: string, lead: number, error: unknown): number | null {
  const position = hasSqlDetails(error) ? error.sqlDetails?.cursorPosition : undefined
  return position === undefined ? null : lead + unitOffsetOfCodePoint(content.slice(lead), position)
}

function syntaxError(content: string, offset: number, error: unknown): ExecutionError {
  const notation = notationAt(content, offset)
  if (notation) return textError('42601', notation.message, { content, offset: notation.offset })
  const message = error instanceof Error ? error.message : 'This is not SQL that PostgreSQL understands.'
  return textError('42601', message, { content, offset })
}

const exhausted =
  'This text is too complex: the parser has neither stack nor memory enough for it. Take it apart into smaller requests.'

const isExhausted = (error: unknown) =>
  error instanceof RangeError ||
  (error instanceof Error && error.name === 'RuntimeError') ||
  (error instanceof Error && /^(memory exhausted|out of memory|stack depth limit)/.test(error.message))

const numberOr = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise)
