import { GrpcError, statusCode } from './grpcStatus.ts'

const prefixBytes = 5

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
  private chunks: Buffer[] = []
  private buffered = 0
  private needed = prefixBytes

  constructor(maxMessageBytes: number, onMessage: (message: Buffer) => void) {
    this.maxMessageBytes = maxMessageBytes
    this.onMessage = onMessage
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.buffered += chunk.length
    if (this.buffered < this.needed) return
    const bytes = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks, this.buffered)
    const consumed = this.split(bytes)
    this.chunks = consumed < bytes.length ? [bytes.subarray(consumed)] : []
    this.buffered = bytes.length - consumed
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
      if (available < prefixBytes + length) {
        this.needed = prefixBytes + length
        return offset
      }
      const start = offset + prefixBytes
      offset = start + length
      this.onMessage(bytes.subarray(start, offset))
    }
  }

  private messageLength(bytes: Buffer, offset: number): number {
    if (bytes[offset] !== 0) {
      throw new GrpcError(statusCode.unimplemented, 'Compressed messages are not supported')
    }
    const length = bytes.readUInt32BE(offset + 1)
    if (length > this.maxMessageBytes) {
      throw new GrpcError(
        statusCode.resourceExhausted,
        `Received message larger than max (${length} vs. ${this.maxMessageBytes})`,
      )
    }
    return length
  }
}
