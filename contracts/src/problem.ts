import { z } from 'zod'

/**
 * Closed set of error codes. platform maps each to its HTTP status once:
 * invalid 400, unauthenticated 401, token_expired 401, forbidden 403, not_found 404, method_not_allowed 405,
 * conflict 409, too_large 413, unsupported_media_type 415, unprocessable 422, throttled 429, internal 500, unavailable 503.
 */
export const errorCodes = [
  'invalid',
  'unauthenticated',
  'token_expired',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'too_large',
  'unsupported_media_type',
  'unprocessable',
  'throttled',
  'internal',
  'unavailable',
] as const
export const errorCodeSchema = z.enum(errorCodes)
export type ErrorCode = z.infer<typeof errorCodeSchema>

/** A place within a text, in characters (Unicode code points) from 1; `position` counts from the start of the text, `column` from that of the line. */
export const textPlaceSchema = z.object({ position: z.int(), line: z.int(), column: z.int() })
export type TextPlace = z.infer<typeof textPlaceSchema>

/** One thing that is wrong with the input: where (`path` of the field, dots between, and the place within its text where that is known) and what is allowed. */
export const faultSchema = z.object({
  path: z.string(),
  message: z.string(),
  place: textPlaceSchema.optional(),
})
export type Fault = z.infer<typeof faultSchema>

/** Body of every error answer: RFC 9457 problem details with a code for programs and the request id for support. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: errorCodeSchema,
  detail: z.string(),
  requestId: z.string(),
  faults: z.array(faultSchema).optional(),
})
export type Problem = z.infer<typeof problemSchema>
