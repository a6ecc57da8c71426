import { readFileSync } from 'node:fs'

const sampleMs = 100

/**
 * Calls `onOver` once when a process holds more than `maxBytes` of memory: the second net under the kernel's limit, and the only one where
 * that is missing. Does nothing where there is no /proc. Answers how to stop watching.
 */
export function watchMemory(pid: number, maxBytes: number, onOver: () => void): () => void {
  const look = () => {
    const resident = residentBytes(pid)
    if (resident === null || resident > maxBytes) {
      stop()
      if (resident !== null) onOver()
      return
    }
    timer.refresh()
  }
  const timer = setTimeout(look, sampleMs)
  timer.unref()
  const stop = () => clearTimeout(timer)
  return stop
}

/**
 * Memory that a process holds now; null when it is gone, or the system doesn't say. No disk stands behind /proc: what is asked ten times a
 * second would cost more by way of other threads.
 */
export function residentBytes(pid: number): number | null {
  try {
    const [, pages = ''] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
    return Number(pages) * pageBytes()
  } catch {
    return null
  }
}

let knownPageBytes: number | null = null

/** The kernel's pages have 4 KiB nearly everywhere; where not, the auxiliary vector says so: pairs of numbers, 6 (AT_PAGESZ) and the size. */
function pageBytes(): number {
  if (knownPageBytes !== null) return knownPageBytes
  const vector = auxiliaryVector()
  for (let at = 0; at + 16 <= vector.length; at += 16)
    if (vector.readBigUInt64LE(at) === 6n) knownPageBytes = Number(vector.readBigUInt64LE(at + 8))
  return (knownPageBytes ??= 4096)
}

function auxiliaryVector(): Buffer {
  try {
    return readFileSync('/proc/self/auxv')
  } catch {
    return Buffer.alloc(0)
  }
}
