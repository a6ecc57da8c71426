import type { Hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

const turnBytes = 1024 * 1024

/** Takes bytes into a hash without holding the event loop: 16 MiB at once would hold it for 30 ms, 1 MiB does for 2. */
export async function hashInTurns(hash: Hash, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += turnBytes) {
    if (at > 0) await setImmediate()
    hash.update(bytes.subarray(at, at + turnBytes))
  }
}
