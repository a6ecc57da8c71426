import { codePointsBefore } from '@sre-portal/analysis/textPosition'
import { plainError } from '@sre-portal/analysis/plainError'
import { lostStatementCode, type StatementHead } from '@sre-portal/contracts'

const maxTextBytes = 8 * 1024

/** The statements of a content that have not run yet; their places count in code points. */
export function pendingHeads(
  content: string,
  statements: { text: string; offset: number }[],
): StatementHead[] {
  const offsets = codePointsBefore(
    content,
    statements.map(({ offset }) => offset),
  )
  return statements.map(({ text }, ordinal) =>
    pendingHead(ordinal, { text, offset: offsets[ordinal] ?? null }),
  )
}

/** A statement that has not run yet. */
export function pendingHead(
  ordinal: number,
  statement: { text: string; offset: number | null; parameters?: string | null },
): StatementHead {
  return {
    ordinal,
    text: cutText(statement.text, maxTextBytes),
    offset: statement.offset,
    parameters: statement.parameters ?? null,
    command: null,
    outcome: 'not-executed',
    columns: [],
    rowCount: null,
    storedRows: 0,
    cutBy: null,
    affectedRows: null,
    durationMs: 0,
    error: null,
  }
}

/** A statement that had answered in a transaction of which nobody knows whether it was committed; what changed nothing stays as it was told. */
export const withoutCommit = (head: StatementHead, reason: string): StatementHead =>
  head.outcome !== 'executed' || head.affectedRows === 0
    ? head
    : {
        ...head,
        outcome: 'failed',
        affectedRows: null,
        error: plainError(
          lostStatementCode,
          `It is not known whether what this statement changed was kept. ${reason}`,
        ),
      }

/** The longest beginning of `text` within `maxBytes` of UTF-8, never half a character. */
export function cutText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  let end = maxBytes
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return `${bytes.subarray(0, end).toString()}…`
}
