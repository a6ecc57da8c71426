const initialBytes = 16 * 1024
const largestInitialBytes = 256 * 1024
const smallBytes = 4000
// What is flushed next is about as long as what was flushed; more room than that would only be given away with it.
const spare = 1.25
const maxInt64Varint = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])

export function varintBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x200000) return 3
  if (value < 0x10000000) return 4
  if (value >= 2 ** 53) return maxInt64Varint.length
  let bytes = 5
  for (let rest = Math.floor(value / 0x800000000); rest > 0; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

/** Collects many length-prefixed gRPC messages in one buffer, so that a page of events is one write. */
export class FrameBatch {
  /** Made when the first bytes come: one who only waits holds none. */
  private buffer = Buffer.alloc(0)
  private nextBytes = initialBytes
  private used = 0

  get bytes(): number {
    return this.used
  }

  /** Hands the collected bytes over and starts anew; few bytes are copied, so that the buffer stays. */
  take(): Buffer {
    const collected = this.buffer.subarray(0, this.used)
    const isSmall = this.used <= smallBytes
    const taken = isSmall ? Buffer.from(collected) : collected
    this.nextBytes = Math.max(initialBytes, Math.min(Math.ceil(this.used * spare), largestInitialBytes))
    if (!isSmall || this.buffer.length > initialBytes) this.buffer = Buffer.alloc(0)
    this.used = 0
    return taken
  }

  startMessage(messageBytes: number): void {
    this.reserve(messageBytes + 5)
    this.buffer[this.used] = 0
    this.buffer.writeUInt32BE(messageBytes, this.used + 1)
    this.used += 5
  }

  byte(value: number): void {
    this.buffer[this.used++] = value
  }

  varint(value: number): void {
    if (value >= 2 ** 53) {
      this.used += maxInt64Varint.copy(this.buffer, this.used)
      return
    }
    let rest = value
    while (rest >= 0x80000000) {
      this.buffer[this.used++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest >= 0x80) {
      this.buffer[this.used++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.buffer[this.used++] = rest
  }

  raw(bytes: Buffer): void {
    this.used += bytes.copy(this.buffer, this.used)
  }

  text(value: string): void {
    this.used += this.buffer.write(value, this.used, 'utf8')
  }

  lengthDelimited(tag: number, bytes: Buffer): void {
    this.byte(tag)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  message(message: Buffer): void {
    this.startMessage(message.length)
    this.raw(message)
  }

  private reserve(bytes: number): void {
    const needed = this.used + bytes
    if (needed <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2, this.nextBytes))
    this.buffer.copy(larger, 0, 0, this.used)
    this.buffer = larger
  }
}
