import type { ExecutionError, Notice, ResultHead, StatementHead } from '@sre-portal/contracts'
import { maxKeptBytes, maxKeptTextBytes } from './keptBytes.ts'
import { SharedJson } from './headBytes.ts'
import { mostSevere, severityRank, textRank } from './noticeSeverity.ts'
import { cutText } from './statementHead.ts'

const maxShortTextBytes = 200
const maxNoticesBytes = 1024 * 1024

/**
 * The same head within a bound. Statements keep their whole head as long as there is room; of the rest the fate and the counts are kept,
 * and a notice says what is left out. Nothing larger than the bound is ever made into one text.
 */
export function boundedHead(head: ResultHead, maxBytes = maxKeptBytes): ResultHead {
  const notices = boundedNotices(head.notices)
  const around = {
    ...head,
    statements: [],
    notices,
    ...(head.noticeDetails && { noticeDetails: boundedDetails(head.noticeDetails) }),
    error: shortError(head.error),
  }
  let room = maxBytes - sizeOf(around)
  let cut = 0
  const json = new SharedJson()
  const statements = head.statements.map((statement) => {
    if (cut === 0) {
      const whole = { ...statement, error: shortError(statement.error) }
      room -= sizeOf({ ...whole, columns: [] }) + json.bytesOf(whole.columns)
      if (room >= 0) return whole
    }
    cut += 1
    return shortHead(statement)
  })
  if (cut === 0) return { ...around, statements }
  return { ...around, statements, notices: [...notices, leftOut(cut, head.statements.length, maxBytes)] }
}

const leftOut = (cut: number, all: number, maxBytes: number) =>
  `SRE Portal: what a run brings beside its rows is kept up to ${maxBytes} bytes. Of ${cut} of ${all} statements the columns, parameters and most of the text are left out.`

const shortHead = (statement: StatementHead): StatementHead => ({
  ...statement,
  text: cutText(statement.text, maxShortTextBytes),
  parameters: null,
  columns: [],
  error: shortError(statement.error, maxShortTextBytes),
})

/** An error none of whose texts, whatever they are called, is longer than may be kept. */
export const shortError = <E extends ExecutionError | null>(error: E, maxBytes = maxKeptTextBytes): E =>
  error && withShortTexts(error, maxBytes)

const withShortTexts = <T extends object>(told: T, maxBytes = maxKeptTextBytes): T =>
  Object.fromEntries(
    Object.entries(told).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? cutText(value, maxBytes) : value,
    ]),
  ) as T

function boundedNotices(notices: string[]): string[] {
  const short = notices.map((notice) => cutText(notice, maxKeptTextBytes))
  const kept = mostSevere(short, {
    rank: textRank,
    bytes: (text) => Buffer.byteLength(text),
    most: maxNoticesBytes,
  })
  if (kept.length === short.length) return kept
  return [...kept, `SRE Portal: ${short.length - kept.length} more notices are left out.`]
}

// As many as fit; of how many were said the texts of the notices tell.
const boundedDetails = (details: Notice[]): Notice[] =>
  mostSevere(
    details.map((notice) => withShortTexts(notice)),
    { rank: ({ severity }) => severityRank(severity), bytes: sizeOf, most: maxNoticesBytes },
  )

const sizeOf = (part: object) => Buffer.byteLength(JSON.stringify(part))
