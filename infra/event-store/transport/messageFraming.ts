import { GrpcError, statusCode } from './grpcStatus.ts'

const prefixBytes = 5
const keptHeadBytes = 16 * 1024
const nothing = Buffer.alloc(0)

export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

/** Cuts the byte stream of a call into messages, whatever the chunk borders are. */
export class MessageSplitter {
  private readonly maxMessageBytes: number
  private readonly onMessage: (message: Buffer) => void
  private readonly onTooLarge: ((head: Buffer) => void) | undefined
  private skipped: { head: Buffer[]; headBytes: number; left: number } | undefined
  private chunks: Buffer[] = []
  private buffered = 0
  private needed = prefixBytes

  /** With `onTooLarge` a message beyond the limit is dropped while it arrives, and only its first bytes are handed over. */
  constructor(
    maxMessageBytes: number,
    onMessage: (message: Buffer) => void,
    onTooLarge?: (head: Buffer) => void,
  ) {
    this.maxMessageBytes = maxMessageBytes
    this.onMessage = onMessage
    this.onTooLarge = onTooLarge
  }

  push(chunk: Buffer): void {
    let rest = this.skip(chunk)
    while (rest.length > 0) {
      this.chunks.push(rest)
      this.buffered += rest.length
      if (this.buffered < this.needed) return
      const bytes = this.chunks.length === 1 ? rest : Buffer.concat(this.chunks, this.buffered)
      const consumed = this.split(bytes)
      const remaining = bytes.subarray(consumed)
      const isSkipping = this.skipped !== undefined
      this.chunks = remaining.length > 0 && !isSkipping ? [remaining] : []
      this.buffered = isSkipping ? 0 : remaining.length
      rest = isSkipping ? this.skip(remaining) : nothing
    }
  }

  private split(bytes: Buffer): number {
    let offset = 0
    while (true) {
      const available = bytes.length - offset
      if (available < prefixBytes) {
        this.needed = prefixBytes
        return offset
      }
      const length = this.messageLength(bytes, offset)
      if (length > this.maxMessageBytes) {
        this.skipped = { head: [], headBytes: 0, left: length }
        this.needed = prefixBytes
        return offset + prefixBytes
      }
      if (available < prefixBytes + length) {
        this.needed = prefixBytes + length
        return offset
      }
      const start = offset + prefixBytes
      offset = start + length
      this.onMessage(bytes.subarray(start, offset))
    }
  }

  /** Drops what belongs to a message that is too large; answers what comes behind it. */
  private skip(chunk: Buffer): Buffer {
    const { skipped } = this
    if (!skipped) return chunk
    const dropped = chunk.subarray(0, skipped.left)
    if (skipped.headBytes < keptHeadBytes) {
      const kept = Buffer.from(dropped.subarray(0, keptHeadBytes - skipped.headBytes))
      skipped.head.push(kept)
      skipped.headBytes += kept.length
    }
    skipped.left -= dropped.length
    if (skipped.left === 0) {
      this.skipped = undefined
      this.onTooLarge?.(Buffer.concat(skipped.head))
    }
    return chunk.subarray(dropped.length)
  }

  private messageLength(bytes: Buffer, offset: number): number {
    if (bytes[offset] !== 0) {
      throw new GrpcError(statusCode.unimplemented, 'Compressed messages are not supported')
    }
    const length = bytes.readUInt32BE(offset + 1)
    if (length > this.maxMessageBytes && !this.onTooLarge) {
      throw new GrpcError(
        statusCode.resourceExhausted,
        `Received message larger than max (${length} vs. ${this.maxMessageBytes})`,
      )
    }
    return length
  }
}
