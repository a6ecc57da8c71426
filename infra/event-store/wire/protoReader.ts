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

  /** As `text`, without making a string anew for one of two that are known; most texts of an append are. */
  textAmong(one: string, other: string): string {
    const start = this.offset
    const length = this.varint()
    const known = this.startsWith(one, length) ? one : this.startsWith(other, length) ? other : undefined
    if (known === undefined) {
      this.offset = start
      return this.text()
    }
    this.offset += length
    return known
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

  /** Said only of ASCII, whose characters are the bytes of UTF-8. */
  private startsWith(candidate: string, length: number): boolean {
    if (candidate.length !== length || this.offset + length > this.end) return false
    for (let index = 0; index < length; index++) {
      const code = candidate.charCodeAt(index)
      if (code >= 0x80 || code !== this.bytes[this.offset + index]) return false
    }
    return true
  }
}
