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

/** A person asks at most so often: a service paces who asks more than 30 times in a second, and that would be what is measured. */
const everyMs = 40

/** Repeats work at the pace of a person. */
export async function timesAtPace(rounds: number, work: () => Promise<unknown>): Promise<Times> {
  const samples: number[] = []
  for (let round = 0; round < rounds; round++) {
    const ms = await timeOf(work)
    samples.push(ms)
    await new Promise((resolve) => setTimeout(resolve, everyMs - ms))
  }
  return timesOf(samples)
}

export const timesInWords = ({ p50, p95, p99 }: Times): string =>
  `p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
