export const arrayElement = { boolean: 16, bytea: 17, bigint: 20, text: 25, uuid: 2950 } as const

const headerBytes = 20

/** Builds a one-dimensional array parameter in PostgreSQL's binary format, which `pg` passes through untouched. */
export class BinaryArray {
  private readonly elementType: number
  private buffer: Buffer
  private used = headerBytes
  private count = 0

  constructor(elementType: number, expectedBytes = 256) {
    this.elementType = elementType
    this.buffer = Buffer.allocUnsafe(headerBytes + expectedBytes)
  }

  bigint(value: number): void {
    const start = this.startElement(8)
    if (value >= 2 ** 63) {
      this.buffer.writeBigInt64BE(0x7fffffffffffffffn, start)
    } else {
      this.buffer.writeInt32BE(Math.floor(value / 0x100000000), start)
      this.buffer.writeUInt32BE(value % 0x100000000, start + 4)
    }
  }

  boolean(value: boolean): void {
    // The place first: taking it may exchange the buffer for a larger one.
    const start = this.startElement(1)
    this.buffer[start] = value ? 1 : 0
  }

  text(value: string): void {
    const start = this.startElement(Buffer.byteLength(value))
    this.buffer.write(value, start, 'utf8')
  }

  bytes(value: Buffer): void {
    const start = this.startElement(value.length)
    if (value.length > 0) value.copy(this.buffer, start)
  }

  finish(): Buffer {
    this.buffer.writeInt32BE(this.count === 0 ? 0 : 1, 0)
    this.buffer.writeInt32BE(0, 4)
    this.buffer.writeInt32BE(this.elementType, 8)
    this.buffer.writeInt32BE(this.count, 12)
    this.buffer.writeInt32BE(1, 16)
    return this.buffer.subarray(0, this.count === 0 ? 12 : this.used)
  }

  private startElement(bytes: number): number {
    const needed = this.used + 4 + bytes
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2))
      this.buffer.copy(larger, 0, 0, this.used)
      this.buffer = larger
    }
    this.buffer.writeInt32BE(bytes, this.used)
    const start = this.used + 4
    this.used = needed
    this.count++
    return start
  }
}
