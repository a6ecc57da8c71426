const newline = 0x0a

/** Cuts a byte stream into lines of text without ever keeping more than one line's bound. */
export class LineSplitter {
  readonly #limits: { maxLineBytes: number; maxTotalBytes: number }
  readonly #onLine: (line: string) => void
  readonly #onFault: (fault: 'line' | 'total') => void
  #parts: Buffer[] = []
  #lineBytes = 0
  #totalBytes = 0
  #stopped = false

  constructor(
    limits: { maxLineBytes: number; maxTotalBytes: number },
    onLine: (line: string) => void,
    onFault: (fault: 'line' | 'total') => void,
  ) {
    this.#limits = limits
    this.#onLine = onLine
    this.#onFault = onFault
  }

  push(chunk: Buffer): void {
    if (this.#stopped) return
    this.#totalBytes += chunk.length
    if (this.#totalBytes > this.#limits.maxTotalBytes) {
      this.#stop('total')
      return
    }
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#parts.push(chunk.subarray(start, end))
      this.#emit()
      start = end + 1
    }
    const rest = chunk.subarray(start)
    this.#lineBytes += rest.length
    if (rest.length > 0) this.#parts.push(rest)
    if (this.#lineBytes > this.#limits.maxLineBytes) this.#stop('line')
  }

  #emit(): void {
    const line = Buffer.concat(this.#parts).toString('utf8')
    this.#parts = []
    this.#lineBytes = 0
    if (!this.#stopped) this.#onLine(line)
  }

  #stop(fault: 'line' | 'total'): void {
    this.#stopped = true
    this.#parts = []
    this.#onFault(fault)
  }
}
