import { readFileSync } from 'node:fs'

// USER_HZ, in which /proc counts, is 100 on every Linux.
const msPerTick = 10

/**
 * Processor time that a thread of this process has used, in milliseconds, or null where the system doesn't tell.
 * A busy machine makes a text wait; it doesn't make it complex.
 */
export function threadCpuMs(threadId: string | null): number | null {
  if (threadId === null) return null
  try {
    const stat = readFileSync(`/proc/self/task/${threadId}/stat`, 'latin1')
    // The name in parentheses may hold blanks; user and system time are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * msPerTick
  } catch {
    return null
  }
}

/**
 * Tells how much processor time a thread has used since now, in milliseconds. Where the system tells it for the whole process only, that is
 * what this process used beyond the time in which its main thread had work.
 */
export function startClock(threadId: string | null): () => number {
  const began = threadCpuMs(threadId)
  if (began !== null) return () => (threadCpuMs(threadId) ?? began) - began
  const cpu = process.cpuUsage()
  const loop = performance.eventLoopUtilization()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return Math.max(0, (user + system) / 1000 - performance.eventLoopUtilization(loop).active)
  }
}
