/** Times of repeated work in milliseconds, by rank. */
export interface Times {
  p50: number
  p95: number
  p99: number
}

export function timesOf(samplesMs: readonly number[]): Times {
  const sorted = [...samplesMs].sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
