import type { EventLine } from './eventLine.ts'
import { namesOf } from './importSummary.ts'
import { digestPart, placeCount, type LogPart } from './streamDigests.ts'

/** A log that can be read from its beginning as often as needed. */
export type LogSource = () => AsyncIterable<EventLine>

export interface Comparison {
  events: { from: number; to: number }
  equalStreams: number
  missing: string[]
  additional: string[]
  different: string[]
  /** In how many parts the order of events over streams was compared, and in how many it is the same. */
  parts: number
  partsInOrder: number
}

const defaultMaxStreams = 200_000

/** Compares counts and contents stream by stream, and the order over all of them, in memory that doesn't grow with the logs. */
export async function verifyLogs(
  from: LogSource,
  to: LogSource,
  maxStreams = defaultMaxStreams,
): Promise<Comparison> {
  const comparison: Comparison = {
    events: { from: 0, to: 0 },
    equalStreams: 0,
    missing: [],
    additional: [],
    different: [],
    parts: 0,
    partsInOrder: 0,
  }
  let next = 0
  while (next < placeCount) next = await comparePart(from, to, next, maxStreams, comparison)
  return comparison
}

async function comparePart(
  from: LogSource,
  to: LogSource,
  start: number,
  maxStreams: number,
  comparison: Comparison,
): Promise<number> {
  let end = placeCount
  while (true) {
    const original = await digestPart(from(), { from: start, to: end, maxStreams })
    const options = { from: start, to: original.to, maxStreams, ordered: original.streams }
    const copy = await digestPart(to(), options)
    const isWhole = original.to === end && copy.to === end
    end = copy.to
    // What was read of a part before it became smaller doesn't say anything about its order.
    if (!isWhole && end - start > 1) continue
    compareStreams(original, copy, comparison)
    comparison.events.from += original.events
    comparison.events.to += copy.events
    comparison.parts++
    if (original.order.equals(copy.order)) comparison.partsInOrder++
    return end
  }
}

function compareStreams(original: LogPart, copy: LogPart, comparison: Comparison): void {
  for (const [stream, { count, hash }] of original.streams) {
    const copied = copy.streams.get(stream)
    if (!copied) comparison.missing.push(stream)
    else if (copied.count !== count)
      comparison.different.push(`${stream} (${count} and ${copied.count} events)`)
    else if (!copied.hash.equals(hash)) comparison.different.push(`${stream} (contents)`)
    else comparison.equalStreams++
  }
  for (const stream of copy.streams.keys())
    if (!original.streams.has(stream)) comparison.additional.push(stream)
}

export function isSameLog({ missing, different, parts, partsInOrder }: Comparison): boolean {
  return missing.length === 0 && different.length === 0 && parts === partsInOrder
}

export function describeComparison(comparison: Comparison): string {
  const { events, equalStreams, missing, additional, different, parts, partsInOrder } = comparison
  const order =
    missing.length > 0 || different.length > 0
      ? 'not judged, because streams differ'
      : partsInOrder === parts
        ? 'the same'
        : 'DIFFERENT'
  const lines = [
    `${events.from} events in the first log, ${events.to} in the second; ${equalStreams} streams are equal.`,
    `Order of the events: ${order}${parts > 1 ? ` (compared in ${parts} groups of streams)` : ''}.`,
  ]
  if (missing.length > 0) lines.push(`Missing in the second: ${namesOf(missing)}.`)
  if (different.length > 0) lines.push(`Different: ${namesOf(different)}.`)
  if (additional.length > 0) lines.push(`Only in the second: ${namesOf(additional)}.`)
  return lines.join('\n')
}
