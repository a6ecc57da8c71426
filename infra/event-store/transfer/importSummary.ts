/** What became of each line of a log that was read. */
export interface ImportSummary {
  read: number
  written: number
  alreadyThere: number
  /** Sent when a fault ended the import: the target may have them or not. */
  unknown: number
  /** Bookkeeping of the server that was exported; the new one keeps its own. */
  bookkeeping: number
  /** Metadata that the target writes by itself when a deleted stream is written to again. */
  writtenByServer: number
  /** Events of streams that the target has tombstoned and the log has not, by stream. */
  tombstoned: Map<string, number>
  /** Of those that are written: JSON with the same values in another spelling. */
  respelled: number
  /** Of those that are written: JSON that can't be sent without losing digits, sent byte for byte as binary. */
  asBinary: number
}

export const emptySummary = (): ImportSummary => ({
  read: 0,
  written: 0,
  alreadyThere: 0,
  unknown: 0,
  bookkeeping: 0,
  writtenByServer: 0,
  tombstoned: new Map(),
  respelled: 0,
  asBinary: 0,
})

const namedStreams = 10

export function describeSummary(summary: ImportSummary): string {
  const tombstoned = [...summary.tombstoned.values()].reduce((sum, count) => sum + count, 0)
  const lines = [
    `Read ${summary.read} events: ${summary.written} written, ${summary.alreadyThere} already there.`,
    `Left out: ${summary.bookkeeping} of the server's own bookkeeping, ${summary.writtenByServer} that the target ` +
      `writes by itself, ${tombstoned} of streams that the target has tombstoned.`,
  ]
  if (summary.unknown > 0)
    lines.push(`${summary.unknown} were under way at the end: whether the target has them is not known.`)
  if (summary.respelled > 0)
    lines.push(`${summary.respelled} have the same JSON in another spelling (spaces, form of numbers).`)
  if (summary.asBinary > 0)
    lines.push(`${summary.asBinary} were sent byte for byte, marked as binary instead of JSON.`)
  if (tombstoned > 0) lines.push(`Tombstoned in the target: ${namesOf([...summary.tombstoned.keys()])}.`)
  return lines.join('\n')
}

export function namesOf(streams: readonly string[]): string {
  const named = streams.slice(0, namedStreams).join(', ')
  return streams.length > namedStreams ? `${named} and ${streams.length - namedStreams} more` : named
}
