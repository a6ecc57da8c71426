import type { ProtoReader } from './protoReader.ts'

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const nibbles = new Map(Array.from('0123456789abcdef', (digit, value) => [digit.charCodeAt(0), value]))
for (const digit of 'ABCDEF') nibbles.set(digit.charCodeAt(0), parseInt(digit, 16))
const nibbleOf = Int8Array.from({ length: 128 }, (_, code) => nibbles.get(code) ?? -1)
const dash = 45

export function uuidText(id: Uint8Array): string {
  let text = ''
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-'
    text += hexPairs[id[index] ?? 0] ?? ''
  }
  return text
}

// By hand: every event that is appended brings one, and a pattern with a parser behind it costs four times as much.
export function uuidBytes(text: string): Buffer {
  return uuidFromText(Buffer.from(text))
}

function uuidFromText(text: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(16)
  let isUuid = text.length === 36
  let at = 0
  for (let index = 0; index < 16 && isUuid; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) isUuid = text[at++] === dash
    const high = nibbleOf[text[at++] ?? 0] ?? -1
    const low = nibbleOf[text[at++] ?? 0] ?? -1
    if (high < 0 || low < 0) isUuid = false
    bytes[index] = high * 16 + low
  }
  if (!isUuid) throw new Error(`'${text.toString()}' is not a UUID`)
  return bytes
}

/** Reads a UUID message, sent as text or as two 64-bit halves; undefined when it is empty. */
export function readUuid(reader: ProtoReader): Buffer | undefined {
  let id: Buffer | undefined
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 2) id = uuidFromText(reader.view())
    else if (field === 1) id = readHalves(reader.message())
    else reader.skip()
  }
  return id
}

function readHalves(reader: ProtoReader): Buffer {
  const id = Buffer.alloc(16)
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) id.writeBigUInt64BE(reader.bigVarint(), 0)
    else if (field === 2) id.writeBigUInt64BE(reader.bigVarint(), 8)
    else reader.skip()
  }
  return id
}

export interface UuidMessage {
  value?: 'structured' | 'string'
  string?: string
  structured?: { mostSignificantBits: string; leastSignificantBits: string }
}

export function toUuidMessage(id: Buffer, structured: boolean): UuidMessage {
  if (!structured) return { string: uuidText(id) }
  return {
    structured: {
      mostSignificantBits: id.readBigInt64BE(0).toString(),
      leastSignificantBits: id.readBigInt64BE(8).toString(),
    },
  }
}
