import { GrpcError, statusCode } from '../transport/grpcStatus.ts'
import type { WriteOutcome } from '../log/writeCommand.ts'
import type { ExpectedRevision } from '../log/expectedRevision.ts'

export function streamDeletedError(stream: string): GrpcError {
  return new GrpcError(statusCode.failedPrecondition, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  })
}

export function wrongVersionError(stream: string, expected: ExpectedRevision, current: number): GrpcError {
  const wanted = signedExpectation(expected)
  return new GrpcError(
    statusCode.failedPrecondition,
    `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${wanted}, Actual version: ${current}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(wanted),
      'actual-version': String(current),
    },
  )
}

export function maximumAppendSizeError(maxBytes: number): GrpcError {
  return new GrpcError(statusCode.invalidArgument, `Maximum Append Size of ${maxBytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxBytes),
  })
}

export function missingMetadataError(property: string): GrpcError {
  return new GrpcError(statusCode.invalidArgument, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  })
}

export function invalidArgument(message: string): GrpcError {
  return new GrpcError(statusCode.invalidArgument, message)
}

export function notReadyError(reason = 'Server Is Not Ready'): GrpcError {
  return new GrpcError(statusCode.unavailable, reason)
}

export function timeoutError(what: string): GrpcError {
  return new GrpcError(statusCode.aborted, `Operation timed out: ${what}`)
}

/** The error for an outcome that is none of the two that a caller answers by itself. */
export function failedWriteError(
  outcome: Exclude<WriteOutcome, { kind: 'written' | 'wrongVersion' }>,
): GrpcError {
  switch (outcome.kind) {
    case 'streamDeleted':
      return streamDeletedError(outcome.stream)
    case 'refused':
      return invalidArgument(outcome.reason)
    case 'timedOut':
      return timeoutError('the write was not committed before its deadline')
    case 'unavailable':
      return notReadyError(outcome.reason)
  }
}

function signedExpectation(expected: ExpectedRevision): bigint {
  if (expected === 'any') return -2n
  if (expected === 'noStream') return -1n
  if (expected === 'streamExists') return -4n
  return expected
}
