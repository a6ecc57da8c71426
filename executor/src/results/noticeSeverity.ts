const ranks: Partial<Record<string, number>> = { DEBUG: 0, LOG: 1, INFO: 1, NOTICE: 1 }
const worst = 2

/** How much a notice matters; a word that isn't known, as of a server that speaks another language, counts as the worst. */
export const severityRank = (severity: string): number => ranks[severity] ?? worst

/** The same of a notice as a text, which begins with its severity; the portal's own words count as the worst. */
export const textRank = (text: string): number => severityRank(/^[^:]*/.exec(text)?.[0] ?? '')

/** Those for which there is room, the most severe first in getting it, in the order in which they came. */
export function mostSevere<T>(
  told: readonly T[],
  { rank, bytes, most }: { rank: (one: T) => number; bytes: (one: T) => number; most: number },
): T[] {
  let room = most
  const kept = new Set<number>()
  const bySeverity = told
    .map((one, at) => ({ at, rank: rank(one), size: bytes(one) }))
    .sort((a, b) => b.rank - a.rank || a.at - b.at)
  for (const { at, size } of bySeverity) {
    if (size > room) continue
    room -= size
    kept.add(at)
  }
  return told.filter((_, at) => kept.has(at))
}
