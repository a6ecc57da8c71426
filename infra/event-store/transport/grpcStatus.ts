export const statusCode = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

export type StatusCode = (typeof statusCode)[keyof typeof statusCode]

export class GrpcError extends Error {
  readonly code: StatusCode
  readonly trailers: Readonly<Record<string, string>>

  constructor(code: StatusCode, details: string, trailers: Record<string, string> = {}) {
    super(details)
    this.code = code
    this.trailers = trailers
  }
}

/** `grpc-message` may carry any text, percent-encoded; other trailers must be printable ASCII. */
export function encodeStatusMessage(text: string): string {
  return [...Buffer.from(text, 'utf8')].map(encodeByte).join('')
}

export function encodeTrailerValue(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeStatusMessage(text)
}

function encodeByte(byte: number): string {
  const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
  return isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
