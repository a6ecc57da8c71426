const pageBytes = 65_536
const maxParserBytes = 32 * 1024 * 1024

interface ParserMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

// The types of Node know WebAssembly only in part.
const { WebAssembly: engine } = globalThis as unknown as {
  WebAssembly: { Memory: { prototype: ParserMemory } }
}

const memories = new Set<ParserMemory>()

/**
 * `resourceLimits` of a thread don't bound the memory of WebAssembly; this does, for every module of the thread.
 * The parser is told that there is no more, and says "out of memory".
 */
export function boundParserMemory(): void {
  const growBy = Object.getOwnPropertyDescriptor(engine.Memory.prototype, 'grow')
    ?.value as ParserMemory['grow']
  Object.defineProperty(engine.Memory.prototype, 'grow', {
    configurable: true,
    writable: true,
    value(this: ParserMemory, pages: number): number {
      memories.add(this)
      if (this.buffer.byteLength + pages * pageBytes > maxParserBytes)
        throw new RangeError('The parser may not have more memory.')
      return growBy.call(this, pages)
    },
  })
}

/** What the parsers of this thread hold, as far as they have grown. */
export const parserMemoryBytes = (): number =>
  [...memories].reduce((total, memory) => total + memory.buffer.byteLength, 0)
