import type { Duplex } from 'node:stream'

const headerBytes = 5

/**
 * Ends a PostgreSQL connection that announces a message above `maxBytes`, before the driver gathers it in memory:
 * a single value can be 1 GB long. Reads along with the driver and changes nothing.
 */
export function guardMessages(stream: Duplex, maxBytes: number, onTooLarge: (bytes: number) => void): void {
  const header = Buffer.alloc(headerBytes)
  let headerFilled = 0
  let bodyLeft = 0
  stream.prependListener('data', (chunk: Buffer) => {
    let at = 0
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const skipped = Math.min(bodyLeft, chunk.length - at)
        bodyLeft -= skipped
        at += skipped
        continue
      }
      const taken = Math.min(headerBytes - headerFilled, chunk.length - at)
      chunk.copy(header, headerFilled, at, at + taken)
      headerFilled += taken
      at += taken
      if (headerFilled < headerBytes) return
      headerFilled = 0
      bodyLeft = header.readInt32BE(1) - 4
      if (bodyLeft > maxBytes) {
        onTooLarge(bodyLeft)
        return
      }
    }
  })
}
