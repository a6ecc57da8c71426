import { statusCode } from '../transport/grpcStatus.ts'
import type { ExpectedRevision } from '../log/expectedRevision.ts'
import { encodeMessage } from '../wire/definitions.ts'
import { FrameBatch, varintBytes } from '../wire/frameBatch.ts'
import { uuidText } from '../wire/uuid.ts'

export interface AppendIdentity {
  correlationId: Buffer
  stream: string
}

const uuidFieldBytes = 40
const prefixBytes = 5
const answer = new FrameBatch()

export function encodeAppendSuccess(
  { correlationId, stream }: AppendIdentity,
  revision: number,
  position: number | undefined,
): Buffer {
  const name = Buffer.from(stream)
  const positionBytes = position === undefined ? 0 : 2 * (1 + varintBytes(position))
  const revisionBytes = revision < 0 ? 2 : 1 + varintBytes(revision)
  const successBytes = revisionBytes + 2 + positionBytes
  const identifierBytes = 1 + varintBytes(name.length) + name.length
  answer.startMessage(
    uuidFieldBytes +
      1 +
      varintBytes(successBytes) +
      successBytes +
      1 +
      varintBytes(identifierBytes) +
      identifierBytes,
  )
  answer.byte(0x0a)
  answer.varint(uuidFieldBytes - 2)
  answer.byte(0x12)
  answer.varint(uuidFieldBytes - 4)
  answer.text(uuidText(correlationId))
  answer.byte(0x1a)
  answer.varint(successBytes)
  if (revision < 0) {
    answer.byte(0x12)
    answer.varint(0)
  } else {
    answer.byte(0x08)
    answer.varint(revision)
  }
  answer.byte(position === undefined ? 0x22 : 0x1a)
  answer.varint(positionBytes)
  if (position !== undefined) {
    answer.byte(0x08)
    answer.varint(position)
    answer.byte(0x10)
    answer.varint(position)
  }
  answer.byte(0x22)
  answer.varint(identifierBytes)
  answer.lengthDelimited(0x1a, name)
  return answer.take().subarray(prefixBytes)
}

/** An error that BatchAppend answers with; every one has details, because the client fails without them. */
export interface AppendFailure {
  code: number
  message: string
  detailsType: string
  details: object
}

const packageName = 'event_store.client'

export function encodeAppendFailure(
  { correlationId, stream }: AppendIdentity,
  failure: AppendFailure,
): Buffer {
  const typeName = `${packageName}.${failure.detailsType}`
  return encodeMessage(`${packageName}.streams.BatchAppendResp`, {
    correlationId: { string: uuidText(correlationId) },
    error: {
      code: failure.code,
      message: failure.message,
      details: {
        type_url: `type.googleapis.com/${typeName}`,
        value: encodeMessage(typeName, failure.details),
      },
    },
    streamIdentifier: { streamName: Buffer.from(stream) },
  })
}

export function wrongVersionFailure(expected: ExpectedRevision, current: number): AppendFailure {
  const details = {
    ...(current < 0 ? { currentNoStream: {} } : { currentStreamRevision: String(BigInt(current)) }),
    ...expectationDetails(expected),
  }
  const code = statusCode.alreadyExists
  return { code, message: 'WrongExpectedVersion', detailsType: 'WrongExpectedVersion', details }
}

export function streamDeletedFailure(stream: string): AppendFailure {
  const details = { streamIdentifier: { streamName: Buffer.from(stream) } }
  return { code: statusCode.notFound, message: 'StreamDeleted', detailsType: 'StreamDeleted', details }
}

export const accessDeniedFailure: AppendFailure = {
  code: statusCode.permissionDenied,
  message: 'AccessDenied',
  detailsType: 'AccessDenied',
  details: {},
}

export const timeoutFailure: AppendFailure = {
  code: statusCode.deadlineExceeded,
  message: 'Timeout',
  detailsType: 'Timeout',
  details: {},
}

export function tooLargeFailure(maxAppendSize: number): AppendFailure {
  const code = statusCode.invalidArgument
  return {
    code,
    message: 'MaximumAppendSizeExceeded',
    detailsType: 'MaximumAppendSizeExceeded',
    details: { maxAppendSize },
  }
}

export function badRequestFailure(message: string): AppendFailure {
  return {
    code: statusCode.invalidArgument,
    message: 'BadRequest',
    detailsType: 'BadRequest',
    details: { message },
  }
}

function expectationDetails(expected: ExpectedRevision): object {
  if (expected === 'any') return { expectedAny: {} }
  if (expected === 'noStream') return { expectedNoStream: {} }
  if (expected === 'streamExists') return { expectedStreamExists: {} }
  return { expectedStreamPosition: expected.toString() }
}
