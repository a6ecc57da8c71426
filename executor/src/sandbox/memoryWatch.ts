import { readFile } from 'node:fs/promises'

const sampleMs = 100

/**
 * Calls `onOver` once when a process holds more than `maxBytes` of memory: the second net under the kernel's limit, and the only one where
 * that is missing. Does nothing where there is no /proc. Answers how to stop watching.
 */
export function watchMemory(pid: number, maxBytes: number, onOver: () => void): () => void {
  let watching = true
  const look = async () => {
    const resident = await residentBytes(pid)
    if (!watching) return
    if (resident === null || resident > maxBytes) {
      stop()
      if (resident !== null) onOver()
      return
    }
    timer.refresh()
  }
  const timer = setTimeout(() => void look(), sampleMs)
  timer.unref()
  const stop = () => {
    watching = false
    clearTimeout(timer)
  }
  return stop
}

/** Memory that a process holds now; null when it is gone, or the system doesn't say. */
export async function residentBytes(pid: number): Promise<number | null> {
  try {
    const [, pages = ''] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')
    return Number(pages) * (await pageBytes())
  } catch {
    return null
  }
}

let knownPageBytes: number | null = null

/** The kernel's pages have 4 KiB nearly everywhere; where not, the auxiliary vector says so: pairs of numbers, 6 (AT_PAGESZ) and the size. */
async function pageBytes(): Promise<number> {
  if (knownPageBytes !== null) return knownPageBytes
  const vector = await readFile('/proc/self/auxv').catch(() => Buffer.alloc(0))
  for (let at = 0; at + 16 <= vector.length; at += 16)
    if (vector.readBigUInt64LE(at) === 6n) knownPageBytes = Number(vector.readBigUInt64LE(at + 8))
  return (knownPageBytes ??= 4096)
}
