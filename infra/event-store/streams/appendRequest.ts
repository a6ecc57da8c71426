import type { ExpectedRevision } from '../log/expectedRevision.ts'
import type { ProposedEvent } from '../log/writeCommand.ts'
import { ProtoReader } from '../wire/protoReader.ts'
import { readUuid } from '../wire/uuid.ts'
import { invalidArgument, missingMetadataError } from './streamErrors.ts'

export interface AppendOptions {
  stream: string
  expected: ExpectedRevision
  deadlineMs: number | undefined
}

export interface BatchFrame {
  correlationId: Buffer | undefined
  options: ProtoReader | undefined
  messages: ProtoReader[]
  isFinal: boolean
}

const largestRevision = 2n ** 63n - 1n
const longestStreamName = 2000
const noBytes = Buffer.alloc(0)
const jsonContentType = 'application/json'

export function readBatchFrame(message: Buffer): BatchFrame {
  const reader = new ProtoReader(message)
  const frame: BatchFrame = { correlationId: undefined, options: undefined, messages: [], isFinal: false }
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) frame.correlationId = readUuid(reader.message())
    else if (field === 2) frame.options = reader.message()
    else if (field === 3) frame.messages.push(reader.message())
    else if (field === 4) frame.isFinal = reader.varint() === 1
    else reader.skip()
  }
  return frame
}

/** Of a frame whose end is missing: what comes before its events. */
export function readBatchFrameHead(head: Buffer): Pick<BatchFrame, 'correlationId' | 'options'> {
  const reader = new ProtoReader(head)
  const frame: Pick<BatchFrame, 'correlationId' | 'options'> = {
    correlationId: undefined,
    options: undefined,
  }
  for (let field = reader.nextField(); field === 1 || field === 2; field = reader.nextField()) {
    if (field === 1) frame.correlationId = readUuid(reader.message())
    else frame.options = reader.message()
  }
  return frame
}

/** Reads the options of both Append and BatchAppend, whose fields have the same numbers. */
export function readAppendOptions(reader: ProtoReader, nowMs: number): AppendOptions {
  const options: AppendOptions = { stream: '', expected: 'any', deadlineMs: undefined }
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) options.stream = readStreamName(reader.message())
    else if (field === 2) options.expected = reader.bigVarint()
    else if (field === 3) options.expected = skipTo(reader, 'noStream')
    else if (field === 4) options.expected = skipTo(reader, 'any')
    else if (field === 5) options.expected = skipTo(reader, 'streamExists')
    else if (field === 6) options.deadlineMs = readSecondsAndNanos(reader.message())
    else if (field === 7) options.deadlineMs = nowMs + readSecondsAndNanos(reader.message())
    else reader.skip()
  }
  return options
}

export function checkAppendOptions(options: AppendOptions): void {
  checkWritableName(options.stream)
  checkExpectedRevision(options.expected)
}

export function checkExpectedRevision(expected: ExpectedRevision): void {
  if (typeof expected === 'bigint' && expected > largestRevision) {
    throw invalidArgument(`${expected} is not a revision`)
  }
}

export function checkWritableName(stream: string): void {
  if (stream === '' || stream === '$$') throw invalidArgument(`'${stream}' is not the name of a stream`)
  if (stream.includes('\0')) throw invalidArgument('The name of a stream must not contain a NUL character')
  if (Buffer.byteLength(stream) > longestStreamName) {
    throw invalidArgument(`The name of a stream must not be longer than ${longestStreamName} bytes`)
  }
}

/** `lastType` is the type of the event before, which most often is this one's too. */
export function readProposedEvent(reader: ProtoReader, lastType = ''): ProposedEvent {
  let id: Buffer | undefined
  let type: string | undefined
  let contentType: string | undefined
  let data: Buffer = noBytes
  let metadata: Buffer = noBytes
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) id = readUuid(reader.message())
    else if (field === 2) {
      const [key, value] = readMapEntry(reader.message(), lastType)
      if (key === 'type') type = value
      else if (key === 'content-type') contentType = value
    } else if (field === 3) metadata = reader.view()
    else if (field === 4) data = reader.view()
    else reader.skip()
  }
  if (type === undefined) throw missingMetadataError('type')
  if (contentType === undefined) throw missingMetadataError('content-type')
  if (!id || id.every((byte) => byte === 0)) throw invalidArgument('The id of an event must not be empty')
  if (type === '') throw invalidArgument('The type of an event must not be empty')
  if (type.includes('\0')) throw invalidArgument('The type of an event must not contain a NUL character')
  return { id, type, isJson: contentType === jsonContentType, data, metadata }
}

/** The size that counts against the limit of one append. */
export function appendedBytes(event: ProposedEvent): number {
  return event.data.length + event.metadata.length + 2 * event.type.length
}

export function readStreamName(reader: ProtoReader): string {
  let name = ''
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 3) name = reader.text()
    else reader.skip()
  }
  return name
}

function readMapEntry(reader: ProtoReader, lastType: string): [string, string] {
  let key = ''
  let value = ''
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) key = reader.textAmong('type', 'content-type')
    else if (field === 2) value = reader.textAmong(lastType, jsonContentType)
    else reader.skip()
  }
  return [key, value]
}

function readSecondsAndNanos(reader: ProtoReader): number {
  let ms = 0
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) ms += Number(BigInt.asIntN(64, reader.bigVarint())) * 1000
    else if (field === 2) ms += Number(BigInt.asIntN(64, reader.bigVarint())) / 1e6
    else reader.skip()
  }
  return ms
}

function skipTo(reader: ProtoReader, expected: ExpectedRevision): ExpectedRevision {
  reader.skip()
  return expected
}
