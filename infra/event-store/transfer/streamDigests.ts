import { createHash } from 'node:crypto'
import { canonicalJson, survivesRewriting } from './canonicalJson.ts'
import type { EventLine } from './eventLine.ts'
import { isBookkeeping, isSoftDelete, isTombstone, ServerWrites } from './importBatches.ts'

export interface StreamDigest {
  place: number
  count: number
  hash: Buffer
}

/** The streams of one part of a log: those whose names hash to a place from `from` up to, not including, `to`. */
export interface LogPart {
  from: number
  to: number
  streams: Map<string, StreamDigest>
  events: number
  /** Over all events of the part in their order. */
  order: Buffer
}

export const placeCount = 2 ** 32
const start = Buffer.alloc(32)

export interface PartOptions {
  from: number
  to: number
  /** At most so many streams are kept in memory: the part becomes smaller when there are more. */
  maxStreams: number
  /** Only these streams count for the order. */
  ordered?: ReadonlyMap<string, StreamDigest>
}

export async function digestPart(events: AsyncIterable<EventLine>, options: PartOptions): Promise<LogPart> {
  const { from, maxStreams, ordered } = options
  const part: LogPart = { from, to: options.to, streams: new Map(), events: 0, order: start }
  const writes = new ServerWrites()
  for await (const line of events) {
    if (isBookkeeping(line.stream) || writes.isWrittenByServer(line)) continue
    const place = placeOf(line.stream)
    if (place < from || place >= part.to) continue
    part.events++
    const content = contentOf(line)
    const known = part.streams.get(line.stream) ?? { place, count: 0, hash: start }
    part.streams.set(line.stream, { place, count: known.count + 1, hash: chained(known.hash, content) })
    if (!ordered || ordered.has(line.stream))
      part.order = chained(part.order, `${line.stream}@${line.revision}`)
    if (part.streams.size > maxStreams) narrow(part)
  }
  return part
}

/** Leaves the streams of the upper half to a later part. */
function narrow(part: LogPart): void {
  part.to = part.from + Math.ceil((part.to - part.from) / 2)
  for (const [stream, digest] of part.streams) {
    if (digest.place >= part.to) part.streams.delete(stream)
  }
}

function placeOf(stream: string): number {
  return createHash('sha256').update(stream).digest().readUInt32BE(0)
}

function chained(hash: Buffer, content: string): Buffer {
  return createHash('sha256').update(hash).update(content).digest()
}

/** What a copy has to keep. Servers write deletions themselves, with ids of their own. */
function contentOf(line: EventLine): string {
  const { revision, id, type, data, metadata } = line
  if (isTombstone(line)) return 'tombstone'
  if (isSoftDelete(line)) return `${revision} deletion`
  const isJson = line.isJson && survivesRewriting(data)
  const content = isJson ? canonicalJson(data) : data.toString('base64')
  return JSON.stringify([String(revision), id, type, isJson, content, metadataOf(metadata)])
}

/** A client hands metadata over parsed, without the digits that a number can't hold. */
function metadataOf(metadata: Buffer): string {
  try {
    return JSON.stringify(JSON.parse(metadata.toString('utf8')))
  } catch {
    return metadata.toString('base64')
  }
}
