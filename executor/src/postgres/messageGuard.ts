import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { TextFields } from './textFields.ts'

const headerBytes = 5
const [errorResponse, noticeResponse] = [0x45, 0x4e]
/** Texts of this size are handed on as they are. */
const plainTextBytes = 16 * 1024

/** What of pg's connection is reached into: where it hands its stream, encrypted or not, to its parser. */
interface ParsingConnection {
  attachListeners(stream: EventEmitter): void
}

/** How much of what a server sends is gathered. */
export interface MessageBounds {
  /** Of a message that is not a text: above it the connection is of no use any more. */
  maxBytes: number
  /** Of each field of an error or a notice. */
  maxTextBytes: number
}

/** Puts bounds between a connection and the driver's parser, before it connects. `onTooLarge` is to end it. */
export function guardMessages(
  connection: ParsingConnection,
  bounds: MessageBounds,
  onTooLarge: (bytes: number) => void,
): void {
  const attach = connection.attachListeners.bind(connection)
  connection.attachListeners = (stream) => {
    const bounded = new EventEmitter()
    const messages = new BoundedMessages(bounds, (chunk) => bounded.emit('data', chunk), onTooLarge)
    ;(stream as Duplex).on('data', (chunk: Buffer) => messages.push(chunk))
    stream.on('end', () => bounded.emit('end'))
    attach(bounded)
  }
}

/**
 * The messages of a PostgreSQL server within bounds, before the driver gathers them in memory: a single value, and the text of an error, can be 1 GB long.
 * A long message is gathered in a buffer of its size (the driver's grows by doubling); of the texts of errors and notices only the beginnings are.
 */
export class BoundedMessages {
  readonly #bounds: MessageBounds
  readonly #emit: (chunk: Buffer) => void
  readonly #onTooLarge: (bytes: number) => void
  #header: Buffer = Buffer.alloc(0)
  #long: { message: Buffer; filled: number } | null = null
  #texts: TextFields | null = null
  #isEnded = false

  constructor(bounds: MessageBounds, emit: (chunk: Buffer) => void, onTooLarge: (bytes: number) => void) {
    this.#bounds = bounds
    this.#emit = emit
    this.#onTooLarge = onTooLarge
  }

  push(chunk: Buffer): void {
    let rest = this.#header.length > 0 ? Buffer.concat([this.#header, chunk]) : chunk
    this.#header = Buffer.alloc(0)
    while (rest.length > 0 && !this.#isEnded) {
      if (this.#long) rest = this.#gather(this.#long, rest)
      else if (this.#texts) rest = this.#shorten(this.#texts, rest)
      else rest = this.#begin(rest)
    }
  }

  /** Hands on all messages that are whole, and begins with the one that isn't; answers what is left of the chunk. */
  #begin(chunk: Buffer): Buffer {
    let at = 0
    while (chunk.length - at >= headerBytes) {
      const length = chunk.readUInt32BE(at + 1)
      const isText = chunk[at] === errorResponse || chunk[at] === noticeResponse
      const isLongText = isText && length > plainTextBytes
      if (isLongText || at + 1 + length > chunk.length) {
        this.#handOn(chunk.subarray(0, at))
        if (isLongText) this.#texts = new TextFields(chunk[at] ?? 0, length - 4, this.#bounds.maxTextBytes)
        else if (length > this.#bounds.maxBytes) this.#refuse(length)
        else this.#long = { message: Buffer.allocUnsafe(1 + length), filled: 0 }
        return chunk.subarray(isLongText ? at + headerBytes : at)
      }
      at += 1 + length
    }
    this.#handOn(chunk.subarray(0, at))
    this.#header = Buffer.from(chunk.subarray(at))
    return Buffer.alloc(0)
  }

  #gather(long: { message: Buffer; filled: number }, chunk: Buffer): Buffer {
    const taken = chunk.copy(long.message, long.filled)
    long.filled += taken
    if (long.filled === long.message.length) {
      this.#long = null
      this.#handOn(long.message)
    }
    return chunk.subarray(taken)
  }

  #shorten(texts: TextFields, chunk: Buffer): Buffer {
    const taken = texts.take(chunk)
    if (texts.isWhole) {
      this.#texts = null
      this.#handOn(texts.message())
    }
    return chunk.subarray(taken)
  }

  #refuse(bytes: number): void {
    this.#isEnded = true
    this.#onTooLarge(bytes)
  }

  #handOn(messages: Buffer): void {
    if (messages.length > 0) this.#emit(messages)
  }
}
