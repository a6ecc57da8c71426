import type { MemorySample } from './sampler.ts'

/** How the memory of one part went, over all its processes. */
export interface MemorySlope {
  part: string
  /** The most that was seen, in MiB. */
  most: number
  /** MiB a minute, by least squares over the longest-lived process; null when none lived long enough to tell. */
  slope: number | null
  /** How long that process was looked at, in seconds. */
  seconds: number
}

// Before that a process still warms up.
const warmUpMs = 20_000
const leastMs = 30_000

/** The slope of memory over time of each part. */
export function memorySlopes(samples: MemorySample[]): MemorySlope[] {
  const parts = [...new Set(samples.map(({ part }) => part))]
  return parts.map((part) => {
    const own = samples.filter((sample) => sample.part === part)
    const lives = [...new Set(own.map(({ pid }) => pid))].map((pid) =>
      warm(own.filter((one) => one.pid === pid)),
    )
    const longest = lives.toSorted((one, other) => lengthOf(other) - lengthOf(one))[0] ?? []
    const lengthMs = lengthOf(longest)
    return {
      part,
      most: Math.max(...own.map(({ mebibytes }) => mebibytes)),
      slope: lengthMs < leastMs ? null : leastSquares(longest) * 60_000,
      seconds: Math.round(lengthMs / 1000),
    }
  })
}

const warm = (life: MemorySample[]) => life.filter(({ atMs }) => atMs - (life[0]?.atMs ?? 0) >= warmUpMs)
const lengthOf = (life: MemorySample[]) => (life.at(-1)?.atMs ?? 0) - (life[0]?.atMs ?? 0)

function leastSquares(points: MemorySample[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const time = mean(points.map(({ atMs }) => atMs))
  const memory = mean(points.map(({ mebibytes }) => mebibytes))
  const covariance = points.reduce(
    (sum, { atMs, mebibytes }) => sum + (atMs - time) * (mebibytes - memory),
    0,
  )
  const variance = points.reduce((sum, { atMs }) => sum + (atMs - time) ** 2, 0)
  return variance === 0 ? 0 : covariance / variance
}
