const maxFields = 64
const nul = Buffer.alloc(1)

/** An error or a notice while it arrives: its fields (a letter, a text, NUL) with the beginnings of their texts. */
export class TextFields {
  readonly #type: number
  readonly #mostBytes: number
  readonly #kept: Buffer[] = []
  #left: number
  #fields = 0
  #isInField = false
  #isDone = false
  #room = 0

  /** `bytes` is the length of the body, all fields and the NUL behind them. */
  constructor(type: number, bytes: number, mostBytes: number) {
    this.#type = type
    this.#left = bytes
    this.#mostBytes = mostBytes
  }

  /** True when the last byte has come. */
  get isWhole(): boolean {
    return this.#left === 0
  }

  /** Takes what of a chunk belongs to the message; answers how many bytes these are. */
  take(chunk: Buffer): number {
    const body = chunk.subarray(0, Math.min(chunk.length, this.#left))
    this.#left -= body.length
    let at = 0
    while (at < body.length && !this.#isDone)
      at = this.#isInField ? this.#text(body, at) : this.#letter(body, at)
    return body.length
  }

  /** The message as it goes on. */
  message(): Buffer {
    const open = this.#isInField ? [nul] : []
    const body = Buffer.concat([...this.#kept, ...open, nul])
    const header = Buffer.alloc(5)
    header[0] = this.#type
    header.writeUInt32BE(body.length + 4, 1)
    return Buffer.concat([header, body])
  }

  #letter(body: Buffer, at: number): number {
    this.#fields += 1
    // The NUL that ends the message; what would come behind it means nothing.
    this.#isDone = body[at] === 0 || this.#fields > maxFields
    if (this.#isDone) return at
    this.#isInField = true
    this.#room = this.#mostBytes
    this.#keep(body, at, at + 1)
    return at + 1
  }

  #text(body: Buffer, at: number): number {
    const found = body.indexOf(0, at)
    const end = found < 0 ? body.length : found
    const kept = Math.min(end - at, this.#room)
    this.#room -= kept
    this.#keep(body, at, at + kept)
    if (found < 0) return end
    this.#kept.push(nul)
    this.#isInField = false
    return end + 1
  }

  // Copied, so that it doesn't hold the whole chunk.
  #keep(body: Buffer, from: number, to: number): void {
    if (to > from) this.#kept.push(Buffer.from(body.subarray(from, to)))
  }
}
