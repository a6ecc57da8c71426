/** A minimal protobuf reader for the messages that are too frequent for a reflecting one. */
export class ProtoReader {
  private readonly bytes: Buffer
  private readonly end: number
  private offset: number
  private wireType = 0

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = start
    this.end = end
  }

  /** The number of the next field, or 0 at the end of the message. */
  nextField(): number {
    if (this.offset >= this.end) return 0
    const tag = this.varint()
    this.wireType = tag & 7
    return tag >>> 3
  }

  varint(): number {
    let result = 0
    let factor = 1
    while (this.offset < this.end) {
      const byte = this.bytes[this.offset++] ?? 0
      result += (byte & 0x7f) * factor
      if (byte < 0x80) return result
      factor *= 128
    }
    throw new Error('A varint is cut off')
  }

  bigVarint(): bigint {
    let result = 0n
    let shift = 0n
    while (this.offset < this.end) {
      const byte = this.bytes[this.offset++] ?? 0
      result |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, result)
      shift += 7n
    }
    throw new Error('A varint is cut off')
  }

  view(): Buffer {
    const length = this.varint()
    const start = this.offset
    if (start + length > this.end) throw new Error('A length exceeds its message')
    this.offset = start + length
    return this.bytes.subarray(start, this.offset)
  }

  text(): string {
    const length = this.varint()
    const start = this.offset
    if (start + length > this.end) throw new Error('A length exceeds its message')
    this.offset = start + length
    return this.bytes.toString('utf8', start, this.offset)
  }

  message(): ProtoReader {
    const length = this.varint()
    const start = this.offset
    if (start + length > this.end) throw new Error('A length exceeds its message')
    this.offset = start + length
    return new ProtoReader(this.bytes, start, this.offset)
  }

  skip(): void {
    if (this.wireType === 0) this.bigVarint()
    else if (this.wireType === 1) this.offset += 8
    else if (this.wireType === 2) this.view()
    else if (this.wireType === 5) this.offset += 4
    else throw new Error(`Wire type ${this.wireType} is not supported`)
  }
}
