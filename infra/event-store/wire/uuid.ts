import type { ProtoReader } from './protoReader.ts'

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function uuidText(id: Uint8Array): string {
  let text = ''
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-'
    text += hexPairs[id[index] ?? 0] ?? ''
  }
  return text
}

export function uuidBytes(text: string): Buffer {
  if (!canonicalUuid.test(text)) throw new Error(`'${text}' is not a UUID`)
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}

/** Reads a UUID message, sent as text or as two 64-bit halves; undefined when it is empty. */
export function readUuid(reader: ProtoReader): Buffer | undefined {
  let id: Buffer | undefined
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 2) id = uuidBytes(reader.text())
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
